// Ingest for tests: in this process or as a child, on a free port, over a database in a temporary folder.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { readConfig, startIngest } from '../src/index.ts'
import type { Ingest } from '../src/index.ts'
import type { Counters } from '../src/counters.ts'
import type { TraceAnswer, TracesAnswer } from '../src/wire.ts'

export type Env = Record<string, string>

export const protobufType = { 'content-type': 'application/x-protobuf' }
export const jsonType = { 'content-type': 'application/json' }

/** Removed when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'probespan-ingest-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function testEnv(env: Env = {}): Env {
  return {
    PROBESPAN_PORT: '0',
    PROBESPAN_OTLP_HTTP_PORT: 'off',
    PROBESPAN_OTLP_GRPC_PORT: 'off',
    PROBESPAN_DB: join(env['PROBESPAN_DB'] === undefined ? temporaryFolder() : '', 'probespan.db'),
    PROBESPAN_LOG_LEVEL: 'silent',
    // Tests count what they sent.
    PROBESPAN_OWN_TRACES: 'false',
    ...env,
  }
}

/** Closed when the test ends; closing before that is fine too. */
export async function runIngest(env: Env = {}): Promise<Ingest> {
  const ingest = await startIngest(readConfig(testEnv(env)))
  let closing: Promise<void> | undefined
  const close = () => (closing ??= ingest.close())
  onTestFinished(close)
  return { ...ingest, close }
}

/** For all tests of a file: `close` is for its `beforeAll` to return. */
export async function startForAll(env: Env = {}): Promise<Ingest> {
  const folder = mkdtempSync(join(tmpdir(), 'probespan-ingest-'))
  const ingest = await startIngest(
    readConfig({ ...testEnv({ PROBESPAN_DB: join(folder, 'probespan.db') }), ...env }),
  )
  const close = async (): Promise<void> => {
    await ingest.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { ...ingest, close }
}

export type Child = {
  url: string
  grpcUrl: string | undefined
  process: ChildProcess
  exited: Promise<unknown>
  /** All of standard error until now. */
  said: () => string
}

export async function runChild(env: Env): Promise<Child> {
  const child = spawnMain(testEnv(env))
  let said = ''
  child.stderr.on('data', (chunk) => (said += String(chunk)))
  const exited = once(child, 'exit')
  let grpcUrl: string | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    grpcUrl ??= /^probespan ingest takes OTLP\/gRPC on (https?:\S+)$/.exec(line)?.[1]
    const url = /^probespan ingest listens on (https?:\S+)$/.exec(line)?.[1]
    if (url !== undefined) return { url, grpcUrl, process: child, exited, said: () => said }
  }
  throw new Error('ingest ended before it listened')
}

export type Ending = { code: number | null; stdout: string; stderr: string }

/** Runs main.ts to its end. */
export async function endOfMain(env: Env, args: string[] = []): Promise<Ending> {
  const child = spawnMain(env, args)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => (stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (stderr += String(chunk)))
  await once(child, 'close')
  return { code: child.exitCode, stdout, stderr }
}

function spawnMain(env: Env, args: string[] = []) {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => {
    if (child.exitCode === null) child.kill('SIGKILL')
  })
  return child
}

export async function post(url: string, body: Buffer | string, headers: Env): Promise<Response> {
  return fetch(url, { method: 'POST', headers, body: typeof body === 'string' ? body : new Uint8Array(body) })
}

export async function getJson<T>(url: string, headers: Env = {}): Promise<T> {
  const response = await fetch(url, { headers })
  return (await response.json()) as T
}

export const getTraces = (base: string, query = '') => getJson<TracesAnswer>(`${base}/api/traces${query}`)
export const getTrace = (base: string, id: string, headers: Env = {}) =>
  getJson<TraceAnswer>(`${base}/api/traces/${id}`, headers)
export const getCounters = (base: string, headers: Env = {}) =>
  getJson<Counters>(`${base}/api/counters`, headers)
