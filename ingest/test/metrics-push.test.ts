// Metrics from spans as OTLP, to a real receiver that decodes them: cumulative, since when they count, over a receiver
// that is away and a restart of ingest.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import protobuf from 'protobufjs'
import { expect, onTestFinished, test } from 'vitest'
import { readConfig } from '../src/index.ts'
import { until } from './prometheus.ts'
import { hexId, requestOf } from './sample.ts'
import { post, protobufType, runIngest, temporaryFolder } from './running.ts'

/** As much of OTLP's metrics as is looked at, by its field numbers. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message AnyValue { string string_value = 1; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message NumberPoint { fixed64 start = 2; fixed64 time = 3; double as_double = 4; repeated KeyValue attributes = 7; }
  message HistogramPoint {
    fixed64 start = 2; fixed64 time = 3; fixed64 count = 4; double sum = 5; repeated fixed64 counts = 6;
    repeated double bounds = 7; repeated KeyValue attributes = 9;
  }
  message Gauge { repeated NumberPoint points = 1; }
  message Sum { repeated NumberPoint points = 1; int32 temporality = 2; bool monotonic = 3; }
  message Histogram { repeated HistogramPoint points = 1; int32 temporality = 2; }
  message Metric { string name = 1; Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9; }
  message ScopeMetrics { repeated Metric metrics = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
  message Request { repeated ResourceMetrics resource_metrics = 1; }
`)
const requestType = root.lookupType('Request')

type Point = {
  start: string
  time: string
  asDouble?: number
  count?: string
  sum?: number
  counts?: string[]
}
type Metric = {
  name: string
  sum?: { points: Point[]; temporality: number; monotonic: boolean }
  histogram?: { points: Point[]; temporality: number }
}
type Received = { headers: Record<string, unknown>; status: number; metrics: Map<string, Metric> }

async function startReceiver(
  statusOf: (count: number) => number,
): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const status = statusOf(received.length)
      received.push({ headers: request.headers, status, metrics: decoded(gunzipSync(Buffer.concat(chunks))) })
      response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end()
    })
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await until(async () => server.listening)
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/v1/metrics`, received }
}

function decoded(body: Buffer): Map<string, Metric> {
  const found = requestType.toObject(requestType.decode(body), { longs: String }) as {
    resourceMetrics: { scopeMetrics: { metrics: Metric[] }[] }[]
  }
  const metrics = found.resourceMetrics.flatMap((each) => each.scopeMetrics.flatMap((scope) => scope.metrics))
  return new Map(metrics.map((metric) => [metric.name, metric]))
}

const spanOf = (number: number) =>
  requestOf([{ traceId: hexId(number, 32), spanId: hexId(1, 16), duration: 3_000_000n }])

test('sums and histograms come cumulative, each since it began, also after the receiver was away and ingest restarted', async () => {
  const { url: endpoint, received } = await startReceiver((count) => (count < 2 ? 503 : 200))
  const env = {
    PROBESPAN_DB: join(temporaryFolder(), 'probespan.db'),
    PROBESPAN_METRICS_OTLP_ENDPOINT: endpoint,
    PROBESPAN_METRICS_OTLP_HEADERS: '{"x-scope-orgid":"probespan"}',
    PROBESPAN_METRICS_OTLP_INTERVAL_MS: '100',
  }
  const callsOf = ({ metrics }: Received) => metrics.get('traces_spanmetrics_calls_total')?.sum
  const taken = () => received.filter(({ status }) => status === 200)
  const first = await runIngest(env)
  const beforeMs = Date.now()
  await post(`${first.url}/v1/traces`, spanOf(1), protobufType)
  await until(async () => taken().some((each) => callsOf(each)?.points[0]?.asDouble === 1))
  await first.close()
  const second = await runIngest(env)
  await post(`${second.url}/v1/traces`, spanOf(2), protobufType)
  await until(async () => taken().some((each) => callsOf(each)?.points[0]?.asDouble === 2))

  expect(received.slice(0, 2).map(({ status }) => status)).toEqual([503, 503])
  expect(received[0]?.headers).toMatchObject({
    'x-scope-orgid': 'probespan',
    'content-type': 'application/x-protobuf',
  })
  const all = taken().flatMap((each) => callsOf(each)?.points ?? [])
  const values = all.map(({ asDouble = 0 }) => asDouble)
  expect(values).toEqual(values.toSorted((a, b) => a - b))
  // One start for all of it, over the restart too, when the first span was stored.
  const starts = new Set(all.map(({ start }) => Number(start) / 1e6))
  expect(starts.size).toBe(1)
  expect(Math.abs(Math.min(...starts) - beforeMs)).toBeLessThan(60_000)
  expect(all.every(({ start, time }) => BigInt(time) >= BigInt(start))).toBe(true)

  const last = taken().at(-1)
  const cumulative = 2
  expect(last && callsOf(last)).toMatchObject({ temporality: cumulative, monotonic: true })
  const latency = last?.metrics.get('traces_spanmetrics_latency')?.histogram
  expect(latency).toMatchObject({ temporality: cumulative, points: [{ count: '2', sum: 0.006 }] })
  expect(latency?.points[0]?.counts?.map(Number)).toEqual([0, 2, ...Array.from({ length: 13 }, () => 0)])
  expect(last?.metrics.get('traces_service_graph_request_total')?.sum?.points[0]?.asDouble).toBe(2)
})

test('a push without metrics from spans is a mistake of the configuration', () => {
  const env = {
    PROBESPAN_METRICS_OTLP_ENDPOINT: 'http://c:4318/v1/metrics',
    PROBESPAN_METRICS_FROM_SPANS: 'false',
  }
  expect(() => readConfig(env)).toThrow('PROBESPAN_METRICS_FROM_SPANS is false')
})
