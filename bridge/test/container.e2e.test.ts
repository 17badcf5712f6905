// What would break: a container of which one process is seen and the others are not, or whose spans are those of
// another container of the same image. Real bpftrace, every version that is here, on processes as an engine runs them.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BridgeProcess, Folder } from './bridge-process.ts'
import { Container } from './container.ts'
import { Receiver } from './receiver.ts'
import { testedVersions } from './roots/versions.ts'
import { until } from './waiting.ts'

const pack = `name: job
provider: sup
spans:
  job: { start: job_start, end: job_end, match: arg0, attributes: { index: { at: start, value: arg0 } } }
`
const cannotTrace = process.getuid?.() !== 0 && process.env.CI !== 'true'
if (cannotTrace) console.warn('SKIPPED: attaching to probes and making namespaces needs root')

const folder = new Folder()
const source = fileURLToPath(new URL('supervised.c', import.meta.url))

beforeAll(() => {
  if (!cannotTrace) for (const name of ['shop', 'worker']) compile(name)
})
afterAll(() => folder[Symbol.dispose]())

const programOf = (name: string): string => join(folder.path, name)
function compile(name: string): void {
  execFileSync('cc', ['-O1', '-Wall', '-Werror', '-o', programOf(name), source], { stdio: 'pipe' })
}

const indexesOf = (receiver: Receiver): number[] =>
  receiver.spans.map(({ attributes }) => Number(attributes.index))
const hasSince =
  (receiver: Receiver, first: number): (() => boolean) =>
  () =>
    indexesOf(receiver).some((index) => index >= first && index < first + 1_000_000)

describe.skipIf(cannotTrace).for(testedVersions().versions)(
  'bpftrace $version',
  ({ program: PROBESPAN_BPFTRACE }) => {
    test('every process of the container, later ones and other programs too; none of another container', async () => {
      await using receiver = await Receiver.start()
      await using container = new Container(folder.path, 'a1'.repeat(32))
      await using other = new Container(folder.path, 'b2'.repeat(32))
      await container.run(programOf('shop'), 1_000_000, 0)
      await container.run(programOf('shop'), 2_000_000, 0)
      await other.run(programOf('shop'), 9_000_000, 0)
      const env = {
        PROBESPAN_BPFTRACE,
        PROBESPAN_PACK: folder.write('job.yaml', pack),
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
        TARGET_CONTAINER: container.id.slice(0, 12),
      }
      await using bridge = new BridgeProcess(env)
      await bridge.says(/attached to container a1a1a1a1a1a1 \(processes \d+, \d+\)/)
      await until(hasSince(receiver, 1_000_000))
      await until(hasSince(receiver, 2_000_000))
      await container.run(programOf('shop'), 3_000_000, 0)
      await until(hasSince(receiver, 3_000_000))
      expect(bridge.said).not.toContain('attached again')
      await container.run(programOf('worker'), 4_000_000, 0)
      await bridge.says(/attached again to container a1a1a1a1a1a1 \(processes \d+, \d+, \d+, \d+\)/)
      await until(hasSince(receiver, 4_000_000))
      expect(await bridge.stop()).toBe(0)
      expect(indexesOf(receiver).filter((index) => index >= 9_000_000)).toEqual([])
      const pids = new Set(receiver.spans.map(({ resource }) => resource['process.pid']))
      expect(pids.size).toBe(4)
      for (const { resource, attributes } of receiver.spans) {
        const name = Number(attributes.index) >= 4_000_000 ? 'worker' : 'shop'
        expect(resource).toMatchObject({ 'container.id': container.id, 'service.name': name })
      }
    })

    test('a container that ends: what it had open ends with it, and it is waited for', async () => {
      await using receiver = await Receiver.start()
      await using container = new Container(folder.path, 'c3'.repeat(32))
      await container.run(programOf('shop'), 1_000_000, 0)
      const unpaired = pack.replace('match: arg0', 'match: { start: arg0, end: arg0 + 1000000 }')
      const env = {
        PROBESPAN_BPFTRACE,
        PROBESPAN_PACK: folder.write('job.yaml', unpaired),
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
        TARGET_CONTAINER: container.id,
        PROBESPAN_BRIDGE_LISTEN: '0',
      }
      await using bridge = new BridgeProcess(env)
      await bridge.says('attached to container')
      const [, address = ''] = /health and metrics at (http:\S+)/.exec(bridge.said) ?? []
      await expect
        .poll(async () => (await fetch(`${address}/metrics`)).text())
        .toMatch(/^probespan_bridge_open_starts [1-9]/m)
      await container[Symbol.asyncDispose]()
      await bridge.says(/container c3c3\w+ \(process \d+\) has ended; waiting for it to come back/)
      await until(() => receiver.spans.length > 0)
      expect(await bridge.stop()).toBe(0)
      for (const { attributes } of receiver.spans) {
        expect(attributes).toMatchObject({ 'probespan.incomplete': 'process_ended' })
        expect(attributes).not.toHaveProperty('probespan.near_loss')
      }
      expect(bridge.said).toMatch(
        new RegExp(` 0 open, 0 expired, .* 0 dropped, ${receiver.spans.length} processEnded`),
      )
    })
  },
)

test.skipIf(cannotTrace)('a script, which tells of no process, traces the first one', async () => {
  await using receiver = await Receiver.start()
  await using container = new Container(folder.path, 'd4'.repeat(32))
  await container.run(programOf('shop'), 1_000_000, 0)
  await container.run(programOf('shop'), 2_000_000, 0)
  const script = `usdt::sup:job_start { @at[arg0] = nsecs; }
usdt::sup:job_end /@at[arg0]/ {
  printf("{\\"event\\":\\"job_end\\",\\"reqid\\":\\"%d\\",\\"start\\":%lld,\\"duration\\":%lld}\\n", arg0, @at[arg0], nsecs - @at[arg0]);
}
`
  const env = {
    BPFTRACE_SCRIPT: folder.write('job.bt', script),
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    TARGET_CONTAINER: container.id,
  }
  await using bridge = new BridgeProcess(env)
  await bridge.says(/attached to container d4d4\w+ \(process \d+\)/)
  expect(await bridge.stop()).toBe(0)
})
