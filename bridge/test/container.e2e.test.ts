// What would break: a container of which one process is seen and the others are not, or whose spans are those of
// another container of the same image. Real bpftrace, every version that is here, on processes as an engine runs them.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { BridgeProcess, Folder } from './bridge-process.ts'
import { Receiver } from './receiver.ts'
import { availableVersions } from './roots/versions.ts'
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
const running: ChildProcess[] = []

beforeAll(() => {
  if (!cannotTrace) for (const name of ['shop', 'worker']) compile(name)
})
afterEach(() => {
  for (const { pid = 0 } of running.splice(0)) {
    // The shell of each container is the leader of its group.
    process.kill(-pid, 'SIGKILL')
  }
})
afterAll(() => folder[Symbol.dispose]())

const programOf = (name: string): string => join(folder.path, name)
function compile(name: string): void {
  execFileSync('cc', ['-O1', '-Wall', '-Werror', '-o', programOf(name), source], { stdio: 'pipe' })
}

/** A shell in a container of its own: its /etc/hosts is mounted from where the engine keeps the container's files. */
class Container {
  readonly id: string
  private readonly shell: ChildProcess
  private said = ''

  constructor(id: string) {
    this.id = id
    const files = join(folder.path, 'containers', id)
    mkdirSync(files, { recursive: true })
    copyFileSync('/etc/hosts', join(files, 'hosts'))
    const command = `mount --bind ${join(files, 'hosts')} /etc/hosts && exec sh`
    const stdio = ['pipe', 'pipe', 'inherit'] as const
    this.shell = spawn('unshare', ['-m', 'sh', '-c', command], { stdio: [...stdio], detached: true })
    this.shell.stdout?.on('data', (chunk: Buffer) => (this.said += chunk.toString()))
    running.push(this.shell)
  }

  /** A process of a program whose indexes begin at `first`, without end. It says "ready" when it runs. */
  async run(name: string, first: number): Promise<void> {
    this.said = ''
    this.shell.stdin?.write(`${programOf(name)} ${first} 0 &\n`)
    await until(() => this.said !== '')
  }
}

const indexesOf = (receiver: Receiver): number[] =>
  receiver.spans.map(({ attributes }) => Number(attributes.index))
const hasSince =
  (receiver: Receiver, first: number): (() => boolean) =>
  () =>
    indexesOf(receiver).some((index) => index >= first && index < first + 1_000_000)

describe.skipIf(cannotTrace).for(availableVersions())(
  'bpftrace $version',
  ({ program: PROBESPAN_BPFTRACE }) => {
    test('every process of the container, later ones and other programs too; none of another container', async () => {
      await using receiver = await Receiver.start()
      const [container, other] = [new Container('a1'.repeat(32)), new Container('b2'.repeat(32))]
      await container.run('shop', 1_000_000)
      await container.run('shop', 2_000_000)
      await other.run('shop', 9_000_000)
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
      await container.run('shop', 3_000_000)
      await until(hasSince(receiver, 3_000_000))
      expect(bridge.said).not.toContain('attached again')
      await container.run('worker', 4_000_000)
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
      const container = new Container('c3'.repeat(32))
      await container.run('shop', 1_000_000)
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
      for (const { pid = 0 } of running.splice(0)) process.kill(-pid, 'SIGKILL')
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
  const container = new Container('d4'.repeat(32))
  await container.run('shop', 1_000_000)
  await container.run('shop', 2_000_000)
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
