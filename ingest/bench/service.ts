// The service's process for benchmarks: started over a database file, fed by a loader's process, measured from /proc.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { nodeOptions } from '../src/heap.ts'
import type { LoadOrder, Sample, Summary } from './loader-main.ts'

// USER_HZ, which is 100 on every Linux that Node runs on.
const cpuTicksPerSecond = 100
/** So little CPU in a second: it rests. */
const quietCpuSeconds = 0.08

export type Fed = Summary & { samples: Sample[]; cpuSeconds: number; countingCpuSeconds: number }

export type Feeding = { end: () => Promise<Fed> }

export type Service = {
  url: string
  feed(order: Omit<LoadOrder, 'host' | 'port'>): Promise<Fed>
  /** Until it is told to end, at the latest when the order is fulfilled. Resolves when spans arrive. */
  beginFeeding(order: Omit<LoadOrder, 'host' | 'port'>): Promise<Feeding>
  /** Resolves when it has had nothing to do for so long: merging and the like are done. */
  settled(seconds: number): Promise<void>
  /** Since it started. */
  peakRssBytes(): number
  /** By SIGTERM: it closes the database, which writes the log back into the file. */
  stop(): Promise<void>
  kill(): void
}

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

export async function startService(databasePath: string): Promise<Service> {
  const child = spawn(process.execPath, [...nodeOptions, fileOf('../src/main.ts')], {
    env: {
      PATH: process.env['PATH'],
      PROBESPAN_PORT: '0',
      PROBESPAN_OTLP_HTTP_PORT: 'off',
      PROBESPAN_OTLP_GRPC_PORT: 'off',
      PROBESPAN_DB: databasePath,
      PROBESPAN_LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await listeningUrl(child.stdout)
  const { hostname: host, port } = new URL(url)
  function startFeeding(order: Omit<LoadOrder, 'host' | 'port'>) {
    const [before, countingBefore] = [cpuSeconds(child.pid), countingCpuSeconds(child.pid)]
    const loader = startLoader({ ...order, host, port: Number(port) })
    const fed = loader.result.then(({ samples, summary }) => ({
      ...summary,
      samples,
      cpuSeconds: cpuSeconds(child.pid) - before,
      countingCpuSeconds: countingCpuSeconds(child.pid) - countingBefore,
    }))
    return {
      fed,
      begun: loader.begun,
      end() {
        loader.end()
        return fed
      },
    }
  }
  return {
    url,
    feed: (order) => startFeeding(order).fed,
    async beginFeeding(order) {
      const feeding = startFeeding(order)
      await feeding.begun
      return feeding
    },
    async settled(seconds) {
      for (let quiet = 0, before = cpuSeconds(child.pid); quiet < seconds;) {
        await wait(1_000)
        const now = cpuSeconds(child.pid)
        quiet = now - before < quietCpuSeconds ? quiet + 1 : 0
        before = now
      }
    },
    peakRssBytes: () =>
      Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024,
    async stop() {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
    kill: () => void child.kill('SIGKILL'),
  }
}

async function listeningUrl(stdout: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stdout })) {
    const url = /http:\S+$/.exec(line)?.[0]
    if (url !== undefined) return url
  }
  throw new Error('ingest ended before it listened')
}

type Loaded = { samples: Sample[]; summary: Summary }

type Loader = { begun: Promise<void>; result: Promise<Loaded>; end: () => void }

function startLoader(order: LoadOrder): Loader {
  const loader = spawn(process.execPath, [fileOf('loader-main.ts'), JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const begun = Promise.withResolvers<void>()
  const result = resultOf(loader.stdout, () => begun.resolve())
  return { begun: begun.promise, result, end: () => void loader.kill('SIGTERM') }
}

async function resultOf(stdout: NodeJS.ReadableStream, onSpans: () => void): Promise<Loaded> {
  const samples: Sample[] = []
  let summary: Summary | undefined
  for await (const line of createInterface({ input: stdout })) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the loader's own lines
    const found = JSON.parse(line) as Sample | Summary
    if (found.spans > 0) onSpans()
    if ('atMs' in found) samples.push(found)
    else summary = found
  }
  if (summary === undefined) throw new Error('the loader failed: its words are above')
  return { samples, summary }
}

const cpuSeconds = (pid: number | undefined): number => statOf(`/proc/${pid}/stat`).cpuSeconds

/** Of the thread that counts spans for metrics, by its name; 0 before it starts. */
function countingCpuSeconds(pid: number | undefined): number {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => statOf(`/proc/${pid}/task/${thread}/stat`))
  return threads.find(({ name }) => name === 'counts spans')?.cpuSeconds ?? 0
}

function statOf(path: string): { name: string; cpuSeconds: number } {
  const [, name = '', rest = ''] = /\((.*)\) (.*)/.exec(readFileSync(path, 'utf8')) ?? []
  // Fields 14 and 15, counted after the name's closing bracket: user and system time.
  const fields = rest.split(' ')
  return { name, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / cpuTicksPerSecond }
}
