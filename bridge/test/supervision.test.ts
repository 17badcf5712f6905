// What would break: a bpftrace that dies and is not replaced, or that lives on without its bridge; one bad pack that
// stops the others. Real processes and HTTP; the fake bpftrace dies as the test needs it.
import { expect, test } from 'vitest'
import { BridgeProcess, Folder, isAlive, type Plan } from './bridge-process.ts'
import { Receiver } from './receiver.ts'
import { until } from './waiting.ts'

const packOf = (name: string): string =>
  `name: ${name}\nprovider: shop\nspans:\n  ${name}: { start: ${name}_start, end: ${name}_end, match: arg0 }\n`
const probes = ['usdt:/app:shop:order_start', 'usdt:/app:shop:order_end']
const tuple = (...values: unknown[]): string => `{"type": "value", "data": ${JSON.stringify(values)}}\n`
const second = 1_000_000_000
const ready = (at: number): string => tuple('probespan', 'ready', at * second)
const order = (phase: 'start' | 'end', at: number, key: number): string =>
  tuple('order', phase, at * second, 7, 8, key)

function envFor(folder: Folder, receiver: Receiver, plan: Plan, packs = ['order']): Record<string, string> {
  return {
    ...folder.fakeBpftrace({ probes, ...plan }),
    PROBESPAN_PACK: packs.map((name) => folder.write(`${name}.yaml`, packOf(name))).join(','),
    TARGET_PID: String(process.pid),
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
  }
}

test('bpftrace dies: another one takes over; a start that it saw finds its end, marked as near a loss', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  const next = { play: ready(3) + order('end', 4, 1) + order('start', 5, 2) + order('end', 6, 2) }
  const plan = { play: ready(1) + order('start', 2, 1), stderr: 'terminate called\n', exitCode: 134, next }
  await using bridge = new BridgeProcess(envFor(folder, receiver, plan))
  await until(() => receiver.spans.length === 2)
  expect(await bridge.stop()).toBe(0)
  const lengths = receiver.spans.map(({ startNs, endNs, attributes }) => [
    Number(endNs - startNs) / second,
    attributes['probespan.near_loss'],
  ])
  expect(lengths).toEqual([
    [2, true],
    [1, undefined],
  ])
  expect(bridge.said).toMatch(/bpftrace ended with exit code 134:\nterminate called\n\(tried again\)/)
  expect(bridge.said).toContain(`attached again to process ${process.pid}`)
  expect(bridge.said).toMatch(/2 starts and 2 ends became 2 spans; .* bpftrace restarted 1 time$/m)
})

test('bpftrace is killed or ended by somebody: the same, each time', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  await using bridge = new BridgeProcess(envFor(folder, receiver, { play: ready(1) }))
  for (const [times, signal] of (['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGSEGV'] as const).entries()) {
    await until(() => bridge.said.split('attached').length - 1 === times + 1)
    const [pid = 0, ...others] = bridge.descendants()
    expect(others).toEqual([])
    process.kill(pid, signal)
    await until(() => !isAlive(pid))
  }
  await until(() => bridge.said.split('attached').length - 1 === 5)
  expect(await bridge.stop()).toBe(0)
  expect(bridge.said).toContain('bpftrace restarted 4 times')
})

test('the bridge is killed with -9: bpftrace ends with it, as the process that the bridge had started', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  await using bridge = new BridgeProcess(envFor(folder, receiver, { play: ready(1) }))
  await bridge.says('attached')
  const below = bridge.descendants()
  expect(below).toHaveLength(1)
  bridge.signal('SIGKILL')
  await bridge.exitCode
  await until(() => below.filter(isAlive).length === 0)
})

test('without setpriv of util-linux it works all the same, and says what it cannot do', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  const env = envFor(folder, receiver, { play: ready(1) })
  // The fake is started by env(1), which an empty folder does not have either.
  const program = folder.program(env.PROBESPAN_BPFTRACE ?? '')
  await using bridge = new BridgeProcess({ ...env, PATH: folder.path, PROBESPAN_BPFTRACE: program })
  await bridge.says('attached')
  expect(bridge.said).toContain('there is no setpriv of util-linux')
  expect(await bridge.stop()).toBe(0)
})

test('one of two packs cannot be attached: it is told and tried again, the other works; healthz says so', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  const play = ready(1) + order('start', 2, 1) + order('end', 3, 1)
  const env = { ...envFor(folder, receiver, { play }, ['order', 'absent']), PROBESPAN_BRIDGE_LISTEN: '0' }
  await using bridge = new BridgeProcess(env)
  await until(() => receiver.spans.length === 1)
  await bridge.says(/absent\.yaml on process \d+: probe_missing: .*\n\(tried again\)/)
  const [, address] = /health and metrics at (http:\S+)/.exec(bridge.said) ?? []
  expect((await fetch(`${address}/healthz`)).status).toBe(503)
  expect(await bridge.stop()).toBe(0)
  expect(bridge.said.match(/probe_missing/g)).toHaveLength(1)
})

test('none of two packs can be attached: the bridge ends with the first one’s exit code', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  const plan = { probes: [], play: ready(1) }
  await using bridge = new BridgeProcess(envFor(folder, receiver, plan, ['order', 'absent']))
  expect([await bridge.exitCode, bridge.said]).toEqual([13, expect.stringContaining('probe_missing')])
})
