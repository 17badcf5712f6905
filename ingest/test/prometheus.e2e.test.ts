// A real Prometheus scrapes ingest while a generated service graph comes in, over two kills of ingest, and answers what
// Grafana's service-graph view asks: edges and rates are right, and no counter ever went back.
import { expect, test } from 'vitest'
import { edges, failedOf, requestSpans } from './service-graph.ts'
import type { GraphEdge } from './service-graph.ts'
import { freePort, prometheusProgram, startPrometheus, until } from './prometheus.ts'
import type { Prometheus, Sample } from './prometheus.ts'
import { requestOf } from './sample.ts'
import { post, protobufType, runChild, temporaryFolder } from './running.ts'
import type { Child } from './running.ts'

const program = prometheusProgram()
const skip = program === undefined && process.env['CI'] !== 'true'
if (skip) process.stderr.write('SKIPPED: Prometheus is missing: "npm test" gets it, or put it on the PATH\n')

const histograms = [
  'traces_spanmetrics_latency',
  'traces_service_graph_request_server_seconds',
  'traces_service_graph_request_client_seconds',
]
const seriesNames = [
  'traces_spanmetrics_calls_total',
  'traces_spanmetrics_size_total',
  'traces_service_graph_request_total',
  'traces_service_graph_request_failed_total',
  ...histograms.flatMap((name) => [`${name}_bucket`, `${name}_sum`, `${name}_count`]),
]

const requests = 600
const kills = [200, 400]
/** Services send apart from each other: an edge's ends come in different blocks, or over a kill. */
const requestsPerPost = 10
/** Zero exactly. */
const withinOnePercent = (value: number | undefined, expected: number) =>
  expect(Math.abs((value ?? Number.NaN) - expected), `${value} for ${expected}`).toBeLessThanOrEqual(
    expected / 100,
  )

class Service {
  readonly #env: Record<string, string>
  #child: Child | undefined

  constructor(port: number) {
    this.#env = { PROBESPAN_PORT: String(port), PROBESPAN_DB: `${temporaryFolder()}/probespan.db` }
  }

  async start(): Promise<void> {
    this.#child = await runChild(this.#env)
  }

  async send(from: number, to: number): Promise<void> {
    const startNano = BigInt(Date.now()) * 1_000_000n
    const perService = Array.from({ length: to - from }, (_, at) => requestSpans(from + at, startNano))
    for (const service of [0, 1, 2]) {
      const body = requestOf(perService.flatMap((spans) => spans[service] ?? []))
      const { status } = await post(`${this.#child?.url}/v1/traces`, body, protobufType)
      if (status !== 200) throw new Error(`ingest answered ${status}`)
    }
  }

  async kill(): Promise<void> {
    this.#child?.process.kill('SIGKILL')
    await this.#child?.exited
  }
}

test.skipIf(skip)(
  'the service graph and span metrics in Prometheus, over two kills of ingest',
  { timeout: 180_000 },
  async () => {
    const port = await freePort()
    const service = new Service(port)
    await service.start()
    const prometheus = await startPrometheus(program ?? '', `127.0.0.1:${port}`)
    await until(async () => (await prometheus.query('up == 1')).length === 1)
    // So that every series is there before the range that is asked for: a rate sees what a series grows by. Edges with one
    // end are counted when they have waited.
    await service.send(0, requestsPerPost)
    await until(async () => (await countedEdges(prometheus, requestsPerPost)) === Object.keys(edges).length)
    for (let sent = requestsPerPost; sent < requests; sent += requestsPerPost) {
      await service.send(sent, sent + requestsPerPost)
      if (!kills.includes(sent)) continue
      await service.kill()
      await service.start()
    }
    await until(async () => (await countedEdges(prometheus, requests)) === Object.keys(edges).length)
    // From the last scrape before to the last one at all, so that nothing of the rates is extrapolated.
    const scraped = await prometheus.scraped('traces_service_graph_request_total{client="frontend"}')
    const fromMs = (scraped.findLast(({ value }) => value === requestsPerPost)?.atMs ?? 0) - 1
    const toMs = scraped.at(-1)?.atMs ?? 0
    const range = `${toMs - fromMs}ms`
    const ask = (expr: string) => prometheus.query(expr.replaceAll('$__range', range), toMs)

    await checkGraph(ask, (toMs - fromMs) / 1_000)
    await checkTable(ask, (toMs - fromMs) / 1_000)
    const resets = await Promise.all(seriesNames.map((name) => ask(`max(resets(${name}[$__range]))`)))
    expect(resets.map(([sample]) => sample?.value)).toEqual(seriesNames.map(() => 0))
    // The range holds the times in which ingest was away.
    expect((await ask('min_over_time(up[$__range])')).map(({ value }) => value)).toEqual([0])

    const traceIds = await prometheus.exemplars('traces_spanmetrics_latency_bucket{service="shop"}', fromMs)
    expect(traceIds.length).toBeGreaterThan(0)
    const numbers = traceIds.map((traceId) => Number.parseInt(traceId, 16))
    expect(numbers.every((number) => number > 0 && number <= requests)).toBe(true)
  },
)

type Ask = (expr: string) => Promise<Sample[]>
const added = requests - requestsPerPost
const labelled = ({ client, server, connection }: GraphEdge) =>
  `{client="${client}",server="${server}",connection_type="${connection}",trace_source="otlp"}`

/** How many edges have exactly so many calls. */
async function countedEdges(prometheus: Prometheus, calls: number): Promise<number> {
  const found = await prometheus.query('traces_service_graph_request_total')
  return found.filter(({ value }) => value === calls).length
}

/** The node graph: each metric as a rate by client and server, and the connections' types. */
async function checkGraph(ask: Ask, seconds: number): Promise<void> {
  const rateOf = (metric: string) => ask(`sum by (client, server) (rate(${metric}[$__range]))`)
  const byEdge = (samples: readonly Sample[], { client, server }: GraphEdge) =>
    samples.find(({ metric }) => metric['client'] === client && metric['server'] === server)?.value
  const calls = await rateOf('traces_service_graph_request_total')
  const failed = await rateOf('traces_service_graph_request_failed_total')
  const sums = await rateOf('traces_service_graph_request_server_seconds_sum')
  expect(calls).toHaveLength(Object.keys(edges).length)
  const failures = failedOf(requests) - failedOf(requestsPerPost)
  const expected = [
    { edge: edges.user, failures: 0, meanS: 0.175 },
    { edge: edges.front, failures, meanS: 0.155 },
    { edge: edges.queue, failures: 0, meanS: 0.04 },
    { edge: edges.database, failures: 0, meanS: 0.005 },
    { edge: edges.bank, failures, meanS: 0.02 },
  ]
  for (const { edge, failures, meanS } of expected) {
    withinOnePercent(byEdge(calls, edge), added / seconds)
    withinOnePercent(byEdge(failed, edge), failures / seconds)
    withinOnePercent((byEdge(sums, edge) ?? 0) / (byEdge(calls, edge) ?? 0), meanS)
    const exact = await ask(`traces_service_graph_request_total${labelled(edge)}`)
    expect(exact.map(({ value }) => value)).toEqual([requests])
  }
  const types = await ask('group by (client, connection_type, server) (traces_service_graph_request_total)')
  expect(types.map(({ metric }) => metric['connection_type'] ?? '').toSorted()).toEqual(
    Object.values(edges)
      .map(({ connection }) => connection)
      .toSorted(),
  )
  // A quarter of the shop's spans takes 0.35 s: the 90th percentile lies in that bucket, of 0.2 to 0.4 s.
  const [p90] = await ask(
    'histogram_quantile(0.9, sum(rate(traces_service_graph_request_server_seconds_bucket' +
      '{client="frontend",server="shop"}[$__range])) by (le, client, server))',
  )
  withinOnePercent(p90?.value, 0.2 + 0.2 * 0.6)
}

/** The table beside it: rate, errors and duration of the most frequent server spans. */
async function checkTable(ask: Ask, seconds: number): Promise<void> {
  const rates = await ask(
    'topk(5, sum(rate(traces_spanmetrics_calls_total{span_kind="SPAN_KIND_SERVER"}[$__range])) by (span_name))',
  )
  expect(new Set(rates.map(({ metric }) => metric['span_name']))).toEqual(new Set(['GET /', 'POST /buy']))
  for (const { value } of rates) withinOnePercent(value, added / seconds)
  const errors = await ask(
    'topk(5, sum(rate(traces_spanmetrics_calls_total{status_code="STATUS_CODE_ERROR",' +
      'span_name=~"GET /|POST /buy"}[$__range])) by (span_name))',
  )
  expect(errors.map(({ metric }) => metric['span_name'])).toEqual(['POST /buy'])
  withinOnePercent(errors[0]?.value, (failedOf(requests) - failedOf(requestsPerPost)) / seconds)
  const [duration] = await ask(
    'histogram_quantile(.9, sum(rate(traces_spanmetrics_latency_bucket{span_name=~"POST /buy"}[$__range])) by (le))',
  )
  withinOnePercent(duration?.value, 0.256 + 0.256 * 0.6)
  const total = await ask('sum(traces_spanmetrics_calls_total)')
  expect(total.map(({ value }) => value)).toEqual([requests * 7])
}
