// A real Prometheus for tests: scrapes one target in short intervals, with exemplars, and answers queries. Debian's
// program, on the PATH or where the set-up puts it (cli/setup/system.mjs).
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from './running.ts'

const scrapeEveryMs = 250

const fetched = fileURLToPath(new URL('../../cli/setup/prometheus/usr/bin/prometheus', import.meta.url))

/** Undefined: there is none, and on CI that is a failure. */
export function prometheusProgram(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return [...folders.map((folder) => join(folder, 'prometheus')), fetched].find((path) => existsSync(path))
}

export type Sample = { metric: Record<string, string>; value: number }
export type Prometheus = {
  /** An instant query, at `atMs` or now. */
  query: (expr: string, atMs?: number) => Promise<Sample[]>
  /** What it scraped of one series in the last minutes: when, and which value. */
  scraped: (selector: string) => Promise<{ atMs: number; value: number }[]>
  /** Trace ids of exemplars of these series. */
  exemplars: (selector: string, fromMs: number) => Promise<string[]>
}

export async function startPrometheus(program: string, target: string): Promise<Prometheus> {
  const folder = temporaryFolder()
  const config = join(folder, 'prometheus.yml')
  const every = `${scrapeEveryMs}ms`
  writeFileSync(
    config,
    `scrape_configs: [{ job_name: ingest, scrape_interval: ${every}, scrape_timeout: ${every}, ` +
      `static_configs: [{ targets: ['${target}'] }] }]`,
  )
  const address = `127.0.0.1:${await freePort()}`
  const child = spawn(
    program,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--enable-feature=exemplar-storage',
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  )
  onTestFinished(async () => {
    const ended = once(child, 'exit')
    if (child.kill('SIGKILL')) await ended
  })
  await until(async () => (await fetch(`http://${address}/-/ready`)).ok)
  return {
    async query(expr, atMs = Date.now()) {
      const answer = await ask<Answer>(address, 'query', { query: expr, time: String(atMs / 1_000) })
      return answer.result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }))
    },
    async scraped(selector) {
      const { result } = await ask<Ranges>(address, 'query', { query: `${selector}[10m]` })
      return (result[0]?.values ?? []).map(([unixS, value]) => ({
        atMs: unixS * 1_000,
        value: Number(value),
      }))
    },
    async exemplars(selector, fromMs) {
      const range = { start: String(fromMs / 1_000), end: String(Date.now() / 1_000) }
      const url = `http://${address}/api/v1/query_exemplars?${new URLSearchParams({ query: selector, ...range }).toString()}`
      const { data } = (await (await fetch(url)).json()) as {
        data: { exemplars: { labels: { traceID: string } }[] }[]
      }
      return data.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.traceID))
    },
  }
}

type Answer = { result: { metric: Record<string, string>; value: [unixS: number, value: string] }[] }

type Ranges = { result: { values: [unixS: number, value: string][] }[] }

async function ask<Data>(address: string, what: string, parameters: Record<string, string>): Promise<Data> {
  const response = await fetch(
    `http://${address}/api/v1/${what}?${new URLSearchParams(parameters).toString()}`,
  )
  const answer = (await response.json()) as { status: string; error?: string; data: Data }
  if (answer.status !== 'success')
    throw new Error(`Prometheus: ${answer.error} of ${JSON.stringify(parameters)}`)
  return answer.data
}

/** Looks again and again: what it waits for has no event. */
export async function until(isSo: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const endMs = performance.now() + timeoutMs
  for (;;) {
    try {
      if (await isSo()) return
    } catch (error) {
      if (performance.now() > endMs) throw error
    }
    if (performance.now() > endMs) throw new Error(`not so within ${timeoutMs} ms: ${isSo.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
