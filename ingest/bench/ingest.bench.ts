// How many spans a second the real process takes, durably, over keep-alive connections from this process, which shares
// the machine with it. Prints `ingest.spans_per_s`, `ingest.spans_per_cpu_s` (of the service) and
// `ingest.bytes_per_span` (the closed database file).
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createLoad, spansPerRequest } from './load.ts'

export type Figure = { figure: string; value: number; unit: string }

const durationMs = 5_000
const connections = 8
// USER_HZ, which is 100 on every Linux that Node runs on.
const cpuTicksPerSecond = 100

export async function run(print: (figure: Figure) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'probespan-bench-'))
  const path = join(folder, 'probespan.db')
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'], PROBESPAN_PORT: '0', PROBESPAN_DB: path, PROBESPAN_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const url = await listeningUrl(child.stdout)
    const cpuBefore = cpuSeconds(child.pid)
    const startedMs = performance.now()
    const spans = await sendFor(durationMs, `${url}/v1/traces`)
    const seconds = (performance.now() - startedMs) / 1000
    const cpu = cpuSeconds(child.pid) - cpuBefore
    child.kill('SIGTERM')
    await once(child, 'exit')
    print({ figure: 'ingest.spans_per_s', value: Math.round(spans / seconds), unit: 'spans/s' })
    print({ figure: 'ingest.spans_per_cpu_s', value: Math.round(spans / cpu), unit: 'spans/CPU s' })
    const bytes = Math.round((statSync(path).size / spans) * 10) / 10
    print({ figure: 'ingest.bytes_per_span', value: bytes, unit: 'B/span' })
  } finally {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

async function listeningUrl(stdout: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stdout })) {
    const url = /http:\S+$/.exec(line)?.[0]
    if (url !== undefined) return url
  }
  throw new Error('ingest ended before it listened')
}

/** Spans answered 200. */
async function sendFor(ms: number, url: string): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const until = performance.now() + ms
  const counts = await Promise.all(
    Array.from({ length: connections }, async () => {
      const load = createLoad()
      let spans = 0
      while (performance.now() < until) {
        await send(url, agent, load.next(BigInt(Date.now()) * 1_000_000n))
        spans += spansPerRequest
      }
      return spans
    }),
  )
  agent.destroy()
  return counts.reduce((sum, count) => sum + count, 0)
}

function send(url: string, agent: Agent, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
    const sending = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().once('end', () => {
        if (response.statusCode === 200) resolve()
        else reject(new Error(`answered ${response.statusCode}`))
      })
    })
    sending.once('error', reject)
    sending.end(body)
  })
}

function cpuSeconds(pid: number | undefined): number {
  // Fields 14 and 15 of /proc/PID/stat, counted after the command's closing bracket: user and system time.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / cpuTicksPerSecond
}
