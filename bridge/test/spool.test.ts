// What would break: spans that a bridge had made and nobody ever sees, because the receiver was away and the bridge was
// stopped or killed meanwhile. Real processes, real HTTP, a real disk; the fake bpftrace plays what the test needs.
import { execFile } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { Verdict } from '../src/health/verdict.ts'
import { BridgeProcess, Folder, isAlive, type Plan } from './bridge-process.ts'
import { freePort, Receiver } from './receiver.ts'
import { until } from './waiting.ts'

const pack = `name: shop
provider: shop
spans:
  order: { start: a, end: b, match: arg0, attributes: { id: { at: start, value: arg0 } } }
`
const probes = ['usdt:/app:shop:a', 'usdt:/app:shop:b']
const ready = '{"type": "value", "data": ["probespan","ready",1]}\n'
/** Requests `from` to `from + count - 1`, one after the other. */
const orders = (from: number, count: number): string =>
  Array.from({ length: count }, (_, index) => {
    const id = from + index
    const event = (phase: string, at: number): string =>
      `{"type": "value", "data": ["order","${phase}",${at},7,8,${id}]}\n`
    return event('start', id * 1000) + event('end', id * 1000 + 5)
  }).join('')

function envFor(folder: Folder, port: number, plan: Plan): Record<string, string> {
  return {
    ...folder.fakeBpftrace({ probes, ...plan }),
    PROBESPAN_PACK: folder.write('shop.yaml', pack),
    TARGET_PID: String(process.pid),
    OTEL_EXPORTER_OTLP_ENDPOINT: `127.0.0.1:${port}`,
    PROBESPAN_SPOOL: spoolIn(folder),
  }
}
const spoolIn = (folder: Folder): string => join(folder.path, 'spool')
const segmentsIn = (folder: Folder): string[] =>
  readdirSync(spoolIn(folder))
    .filter((name) => name.endsWith('.segment'))
    .map((name) => join(spoolIn(folder), name))
const bytesIn = (folder: Folder): number =>
  segmentsIn(folder).reduce((sum, file) => sum + statSync(file).size, 0)
const idsAt = (receiver: Receiver): number[] => receiver.spans.map((span) => Number(span.attributes.id))

/** As /healthz tells. */
async function spooledSpans(bridge: BridgeProcess): Promise<number | undefined> {
  const [, address] = /health and metrics at (http:\S+)/.exec(bridge.said) ?? []
  const verdict = (await (await fetch(`${address}/healthz`)).json()) as Verdict
  return verdict.spool?.spans
}

async function killHard(bridge: BridgeProcess): Promise<void> {
  const below = bridge.descendants()
  bridge.signal('SIGKILL')
  expect(await bridge.exitCode).toBeNull()
  for (const pid of below.filter(isAlive)) process.kill(pid, 'SIGKILL')
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, id) => id)

test('a receiver that is away while the bridge is killed three times: every span arrives, once and in order', async () => {
  using folder = new Folder()
  const port = await freePort()
  const each = 5000
  for (const round of [0, 1, 2]) {
    const env = envFor(folder, port, { play: ready + orders(round * each, each) })
    await using bridge = new BridgeProcess({ ...env, PROBESPAN_BRIDGE_LISTEN: '127.0.0.1:0' })
    await bridge.says('could not deliver')
    const found = round === 0 ? '' : `holds ${round * each} spans of an earlier run: they are sent first`
    expect(bridge.said).toContain(found)
    await expect.poll(() => spooledSpans(bridge), { timeout: 20_000 }).toBe((round + 1) * each)
    await killHard(bridge)
  }
  await using receiver = await Receiver.start(port)
  await using last = new BridgeProcess(envFor(folder, port, { play: ready + orders(3 * each, each) }))
  await until(() => receiver.spans.length >= 4 * each)
  expect(await last.stop()).toBe(0)
  expect(idsAt(receiver)).toEqual(upTo(4 * each))
  expect(last.said).toMatch(new RegExp(`${each} spans; .*${4 * each} exported, 0 dropped$`, 'm'))
  expect(readdirSync(spoolIn(folder))).toEqual(['cursor'])
})

test('killed in the middle of sending what waited: every span arrives; twice only what was under way', async () => {
  using folder = new Folder()
  const port = await freePort()
  const count = 40_000
  await using first = new BridgeProcess(envFor(folder, port, { play: ready + orders(0, count) }))
  await first.says('could not deliver')
  expect(await first.stop()).toBe(0)
  expect(first.said).toMatch(new RegExp(`0 exported, 0 dropped, ${count} kept in the spool$`, 'm'))

  await using receiver = await Receiver.start(port)
  await using second = new BridgeProcess(envFor(folder, port, { play: ready }))
  await until(() => receiver.requests.length >= 5)
  await killHard(second)
  await using third = new BridgeProcess(envFor(folder, port, { play: ready }))
  await until(() => new Set(idsAt(receiver)).size === count)
  expect(await third.stop()).toBe(0)

  const ids = idsAt(receiver)
  const firsts = [...new Set(ids)]
  expect(firsts).toEqual(upTo(count))
  // One request was under way; the one before may have been answered and not yet noted.
  expect(ids.length - firsts.length).toBeLessThanOrEqual(2 * 2048)
})

test('what waited goes before what is new, and the receiver may go away again in between', async () => {
  using folder = new Folder()
  const port = await freePort()
  const plan = { play: ready + orders(0, 9000), drain: orders(9000, 9000) }
  await using bridge = new BridgeProcess(envFor(folder, port, plan))
  await bridge.says('could not deliver')
  const receiver = await Receiver.start(port)
  await until(() => receiver.requests.length > 0)
  receiver.status = 503
  await using _ = receiver
  await until(() => receiver.requests.at(-1)?.status === 503)
  receiver.status = 200
  expect(await bridge.stop()).toBe(0)
  // What was not sent before the deadline of the end is sent by the next run.
  await using again = new BridgeProcess(envFor(folder, port, { play: ready }))
  await until(() => receiver.spans.length >= 18_000)
  expect(await again.stop()).toBe(0)
  expect(idsAt(receiver)).toEqual(upTo(18_000))
})

test('two bridges do not share a spool: the second ends with 17 and says which process has it', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  const env = envFor(folder, receiver.port, { play: ready })
  await using first = new BridgeProcess(env)
  await first.says('attached')
  await using second = new BridgeProcess(env)
  expect([await second.exitCode, second.said]).toEqual([
    17,
    expect.stringMatching(
      new RegExp(`spool_unavailable: .*used by process ${first.pid}: give each.*--spool`),
    ),
  ])
})

/** Prints the spool's account as JSON, having appended batches until the disk refused three. */
const filler = `
import { Spool } from ${JSON.stringify(fileURLToPath(new URL('../src/deliver/spool/spool.ts', import.meta.url)))}
const spool = Spool.open(process.argv[1], 100_000_000)
let refused = 0
while (refused < 3) {
  try {
    spool.append({ bytes: Buffer.alloc(10_000, 'x'), spanCount: 2 })
  } catch (error) {
    refused += error.code === 'EFBIG' ? 1 : 1000
  }
}
console.log(JSON.stringify({ refused, spans: spool.spans, bytes: spool.bytes }))
`

test('a disk that takes no more: the append that fails leaves nothing behind, the ones before are whole', async () => {
  using folder = new Folder()
  // A limit on files stands in for the full disk: 64 blocks of 512 bytes, three records and a part of a fourth.
  const shell = 'trap "" XFSZ; ulimit -f 64; exec "$@"'
  const args = ['-c', shell, 'sh', process.execPath, '--input-type=module', '-e', filler, spoolIn(folder)]
  const { stdout } = await promisify(execFile)('/bin/sh', args)
  const account = JSON.parse(stdout) as { refused: number; spans: number; bytes: number }
  expect(account.refused).toBe(3)
  expect(account.spans % 2).toBe(0)
  expect(account.spans).toBeGreaterThan(0)
  expect(bytesIn(folder)).toBe((account.spans / 2) * 10_016)
  expect(account.bytes).toBe(bytesIn(folder))
})
