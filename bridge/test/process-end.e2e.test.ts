// What would break: a request whose process dies stays unseen for its ttl, or is cut off with another's. Real bpftrace
// on a program that forks; every version that is here.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { BridgeProcess, Folder } from './bridge-process.ts'
import { Receiver } from './receiver.ts'
import { testedVersions } from './roots/versions.ts'
import { until } from './waiting.ts'

const pack = `name: work
provider: work
spans:
  job: { start: job_start, end: job_end, match: arg0, attributes: { number: { at: start, value: arg0 } } }
`
/** The bridge looks ten times a second; a machine with other work may be slower. */
const noticedMs = 1000
const cannotTrace = process.getuid?.() !== 0 && process.env.CI !== 'true'
if (cannotTrace) console.warn('SKIPPED: attaching to probes needs root')

const folder = new Folder()
const program = join(folder.path, 'workers')
const source = fileURLToPath(new URL('workers.c', import.meta.url))
const pids: number[] = []

beforeAll(() => {
  if (!cannotTrace) execFileSync('cc', ['-O1', '-Wall', '-Werror', '-o', program, source], { stdio: 'pipe' })
})
afterEach(() => {
  for (const pid of pids.splice(0)) kill(pid)
})
afterAll(() => folder[Symbol.dispose]())

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It was killed by the test already.
  }
}

class Workers {
  readonly child: ChildProcess
  private said = ''

  constructor() {
    this.child = spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'] })
    pids.push(this.child.pid ?? 0)
    this.child.stdout?.on('data', (chunk: Buffer) => (this.said += chunk.toString()))
  }

  send(line: string): void {
    this.child.stdin?.write(`${line}\n`)
  }

  /** Lets a job begin; answers the pid of the process that has begun it or is about to. */
  async begin(how: 'fork' | 'self'): Promise<number> {
    this.said = ''
    this.send(how)
    await until(() => this.said.endsWith('\n'))
    const pid = Number(this.said)
    pids.push(pid)
    return pid
  }
}

const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n
const msBetween = (fromNs: bigint, toNs: bigint): number => Number(toNs - fromNs) / 1e6

describe.skipIf(cannotTrace).for(testedVersions().versions)('bpftrace $version', ({ program: bpftrace }) => {
  test('one of several processes dies: its span ends then; the others’ end with the tracing; the accounts close', async () => {
    await using receiver = await Receiver.start()
    const env = {
      PROBESPAN_BPFTRACE: bpftrace,
      PROBESPAN_PACK: folder.write('work.yaml', pack),
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      TARGET_EXE: program,
      PROBESPAN_BRIDGE_LISTEN: '0',
    }
    await using bridge = new BridgeProcess(env)
    await bridge.says('attached to')
    const workers = new Workers()
    const dying = [await workers.begin('fork')]
    const living = await workers.begin('fork')
    dying.push(await workers.begin('fork'))
    const [, address] = /health and metrics at (http:\S+)/.exec(bridge.said) ?? []
    const metric = async (name: string): Promise<number> => {
      const text = await (await fetch(`${address}/metrics`)).text()
      return Number(new RegExp(`^probespan_bridge_${name} (\\d+)$`, 'm').exec(text)?.[1])
    }
    await expect.poll(() => metric('open_starts'), { timeout: 10_000 }).toBe(3)
    const killedNs = nowNs()
    for (const pid of dying) process.kill(pid, 'SIGKILL')
    await until(() => receiver.spans.length === 2)
    expect([await metric('open_starts'), await metric('process_ended_total')]).toEqual([1, 2])
    for (const { attributes, resource, endNs, statusCode } of receiver.spans) {
      expect(attributes).toMatchObject({ 'probespan.incomplete': 'process_ended' })
      expect(attributes).not.toHaveProperty('probespan.near_loss')
      expect(resource['process.pid']).toBe(BigInt(dying[attributes.number === 1n ? 0 : 1] ?? 0))
      // Unix milliseconds are cut off.
      expect(msBetween(killedNs, endNs)).toBeGreaterThan(-2)
      expect(msBetween(killedNs, endNs)).toBeLessThan(noticedMs)
      expect(statusCode).toBe(0)
    }
    const stoppedNs = nowNs()
    expect(await bridge.stop()).toBe(0)
    const last = receiver.spans[2]
    expect(last?.attributes).toEqual({
      number: 2n,
      'thread.id': BigInt(living),
      'probespan.incomplete': 'tracing_ended',
    })
    expect(msBetween(stoppedNs, last?.endNs ?? 0n)).toBeGreaterThan(-2)
    expect(msBetween(stoppedNs, last?.endNs ?? 0n)).toBeLessThan(noticedMs)
    expect(bridge.said).toMatch(
      /3 starts and 0 ends became 0 spans; 0 open, 0 expired, 0 evicted, .* 3 exported, 0 dropped, 2 processEnded, 1 tracingEnded/,
    )
  })

  test.for([
    ['dies', 'has ended', (workers: Workers) => workers.child.kill('SIGKILL')],
    ['becomes another program', 'runs or is another file now', (workers: Workers) => workers.send('become')],
  ] as const)('the process that is traced by its pid %s: its span ends then', async ([, said, end]) => {
    await using receiver = await Receiver.start()
    const workers = new Workers()
    const pid = await workers.begin('self')
    await using bridge = new BridgeProcess({
      PROBESPAN_BPFTRACE: bpftrace,
      PROBESPAN_PACK: folder.write('work.yaml', pack),
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      TARGET_PID: String(pid),
    })
    await bridge.says('attached to')
    await workers.begin('self')
    const endedNs = nowNs()
    end(workers)
    await bridge.says(said)
    await until(() => receiver.spans.length === 1)
    const [span] = receiver.spans
    expect(span?.attributes).toMatchObject({ number: 2n, 'probespan.incomplete': 'process_ended' })
    expect(msBetween(endedNs, span?.endNs ?? 0n)).toBeGreaterThan(-2)
    expect(msBetween(endedNs, span?.endNs ?? 0n)).toBeLessThan(noticedMs)
    expect(span?.resource['process.executable.path']).toBe(program)
  })
})
