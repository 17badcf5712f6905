// The demo's real traffic, seen by real bpftrace, as a service graph in a real Prometheus: what its queries say is what
// the shop's own log says.
import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { runTraffic, type LogLine } from '@probespan/usdt-demo'
import { prometheusProgram, startPrometheus, until } from '@probespan/ingest/testing/prometheus'
import { cannotTrace, cliMain, Stack } from './stack.ts'

const program = prometheusProgram()
const missing = program === undefined && process.env.CI !== 'true'
const skip = cannotTrace() ?? (missing ? 'SKIPPED: Prometheus is missing: put it on the PATH' : undefined)
if (skip !== undefined) process.stderr.write(`${skip}\n`)

const stacks: Stack[] = []
afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.stop()
})

const sendTraffic = (url: string, requests: number, seed: number): Promise<unknown> =>
  runTraffic({ url, requests, concurrency: 8, seed, signal: new AbortController().signal })

test.skipIf(skip !== undefined)('calls, errors and durations of the shop are those of its log', async () => {
  const stack = new Stack()
  stacks.push(stack)
  const ingestUrl = await stack.startIngest()
  const prometheus = await startPrometheus(program ?? '', new URL(ingestUrl).host)
  const shop = await stack.startShop()
  const bridge = await stack.startBridge(
    cliMain,
    ['bridge', '--pack', 'demo', '--pid', shop.child.pid.toString()],
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: ingestUrl,
    },
  )
  const edge = '{client="user",server="shop",connection_type="virtual_node",trace_source="bpftrace"}'
  const calls = `traces_service_graph_request_total${edge}`
  const outside = (lines: readonly LogLine[]): LogLine[] =>
    lines.filter((line) => line.traceparent === undefined)
  const log = (): LogLine[] =>
    readFileSync(stack.shopLog, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))

  // A rate sees what a series grows by: it must be there first.
  await sendTraffic(shop.url, 50, 7)
  // The log is a little behind the answers.
  await until(async () => log().length === 50)
  const before = outside(log()).length
  await until(async () => (await prometheus.query(calls))[0]?.value === before)
  await sendTraffic(shop.url, 500, 8)
  await until(async () => log().length === 550)
  const all = outside(log())
  await until(async () => (await prometheus.query(calls))[0]?.value === all.length)
  await shop.child.stop()
  await bridge.exit

  const scraped = await prometheus.scraped(calls)
  const fromMs = (scraped.findLast(({ value }) => value === before)?.atMs ?? 0) - 1
  const toMs = scraped.at(-1)?.atMs ?? 0
  const ask = async (expr: string): Promise<number | undefined> =>
    (await prometheus.query(expr.replaceAll('$__range', `${toMs - fromMs}ms`), toMs))[0]?.value
  const rate = await ask('sum by (client, server) (rate(traces_service_graph_request_total[$__range]))')
  expect(Math.abs((rate ?? 0) / ((all.length - before) / ((toMs - fromMs) / 1_000)) - 1)).toBeLessThan(0.01)
  expect(await ask(`traces_service_graph_request_failed_total${edge}`)).toBe(
    all.filter(({ status }) => status >= 500).length,
  )
  const seconds = all.reduce((sum, { durationNano }) => sum + Number(durationNano), 0) / 1e9
  expect(await ask(`traces_service_graph_request_server_seconds_sum${edge}`)).toBeCloseTo(seconds, 6)
  expect(await ask('sum(traces_spanmetrics_calls_total{span_kind="SPAN_KIND_SERVER",service="shop"})')).toBe(
    log().length,
  )
  expect(await ask('max(resets(traces_spanmetrics_calls_total[$__range]))')).toBe(0)
})
