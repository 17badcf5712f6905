// What would break: a replay that is passed off as live, or plays other spans than were recorded.
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BridgeProcess, Folder } from './bridge-process.ts'
import { absent, fixtureBytes, fixtureLines } from './fixture.ts'
import { Receiver } from './receiver.ts'
import { until } from './waiting.ts'

const pack = `name: shop
provider: shop
resource: { service.name: shop }
spans:
  order:
    start: order_start
    end: order_end
    match: str(arg0)
    attributes: { order.id: { at: start, value: str(arg0) } }
`
const tuple = (...values: unknown[]): string => `{"type": "value", "data": ${JSON.stringify(values)}}\n`
const play = [
  tuple('probespan', 'ready', 5),
  tuple('order', 'start', 9_007_199_254_740_991, 7, 8, 'é"'),
  tuple('order', 'end', 9_007_199_254_740_991, 7, 8, 'é"'),
].join('')

test('what was recorded live is replayed with the same times; every span says that it is a replay', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  const record = join(folder.path, 'r.jsonl')
  const env = {
    ...folder.fakeBpftrace({
      probes: ['usdt:/app:shop:order_start', 'usdt:/app:shop:order_end'],
      play,
    }),
    PROBESPAN_PACK: folder.write('shop.yaml', pack),
    TARGET_PID: String(process.pid),
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
  }
  await using live = new BridgeProcess(env, { flags: { record } })
  await until(() => receiver.spans.length === 1)
  expect(await live.stop()).toBe(0)
  // No process of that pid is needed, nor bpftrace.
  const replayEnv = { ...env, TARGET_PID: '4194303', PROBESPAN_BPFTRACE: '/nowhere' }
  await using replay = new BridgeProcess(replayEnv, { flags: { replay: record } })
  expect(await replay.exitCode).toBe(0)

  const [first, second] = receiver.spans
  expect(receiver.spans).toHaveLength(2)
  expect(first?.resource).not.toHaveProperty('probespan.replay')
  // Recordings are passed around: they name the process, not the machine.
  expect(second?.resource).toEqual({
    'service.name': 'shop',
    'process.pid': BigInt(process.pid),
    'process.executable.name': 'node',
    'probespan.replay': true,
  })
  expect(first?.resource).toMatchObject({ 'host.name': hostname() })
  expect(readFileSync(record, 'latin1')).not.toContain('host.name')
  expect(second).toMatchObject({
    startNs: first?.startNs,
    endNs: first?.endNs,
    attributes: first?.attributes,
  })
  expect(first?.attributes).toMatchObject({ 'order.id': 'é"' })
  expect(live.said).toContain('attached to process')
  expect(replay.said).toContain(`REPLAY of ${record}, not live`)
  expect(replay.said).not.toContain('attached')
})

test.skipIf(absent('pair/bpftrace.jsonl'))(
  'a recording of 600 requests to a real server arrives whole, each span marked',
  async () => {
    using folder = new Folder()
    await using receiver = await Receiver.start()
    const head = '{"type": "probespan_recording", "data": {"bpftrace": "0.17.0", "bootToUnixNs": "0"}}\n'
    const replay = folder.write(
      'r.jsonl',
      Buffer.concat([Buffer.from(head), fixtureBytes('pair/bpftrace.jsonl')]),
    )
    const flags = { replay, script: folder.write('x.bt', ''), endpoint: receiver.endpoint }
    await using bridge = new BridgeProcess({}, { flags })
    expect(await bridge.exitCode).toBe(0)
    expect(bridge.said).toContain('REPLAY of')
    const truth = fixtureLines('pair/truth.jsonl').filter((line) => line !== '')
    const key = (...parts: unknown[]): string => parts.map(String).join(' ')
    expect(
      receiver.spans
        .map((span) => key(span.attributes.reqid, span.startNs, span.endNs - span.startNs))
        .sort(),
    ).toEqual(
      truth
        .map((line) => {
          const [, duration, id, start] = /"duration":(\d+),"id":"([^"]+)".*"start":(\d+)/.exec(line) ?? []
          return key(id, start, duration)
        })
        .sort(),
    )
    expect(receiver.spans.every((span) => span.resource['probespan.replay'] === true)).toBe(true)
  },
)

test('a recording with more spans than the queue holds is delivered whole', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  const head = '{"type": "probespan_recording", "data": {"bpftrace": "0.23.2", "bootToUnixNs": "0"}}\n'
  const count = 120_000
  const lines = Array.from(
    { length: count },
    (_, index) =>
      tuple('order', 'start', index * 1000, 7, 8, `o${index}`) +
      tuple('order', 'end', index * 1000 + 5, 7, 8, `o${index}`),
  )
  const flags = {
    replay: folder.write('r.jsonl', head + lines.join('')),
    pack: folder.write('shop.yaml', pack),
    endpoint: receiver.endpoint,
  }
  await using bridge = new BridgeProcess({}, { flags })
  expect(await bridge.exitCode).toBe(0)
  expect(bridge.said).toMatch(new RegExp(`${count} exported, 0 dropped$`, 'm'))
  expect(new Set(receiver.spans.map((span) => span.attributes['order.id'])).size).toBe(count)
})

test('a file that is no recording: exit code 2', async () => {
  using folder = new Folder()
  const flags = { replay: folder.write('r', 'x\n'), pack: folder.write('shop.yaml', pack) }
  await using bridge = new BridgeProcess({}, { flags })
  expect([await bridge.exitCode, bridge.said]).toEqual([
    2,
    expect.stringMatching(/config_invalid: .*is no recording/),
  ])
})
