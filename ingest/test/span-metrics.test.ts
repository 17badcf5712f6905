// Counting of spans and of calls between services, against a plain and slow count of the same spans: whatever the spans,
// however they are split into blocks, wherever it is interrupted, saved and taken up again.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { boundsOf, bucketOf, edgeBuckets, spanBuckets } from '../src/spanmetrics/buckets.ts'
import { familiesOf } from '../src/spanmetrics/families.ts'
import type { Family } from '../src/spanmetrics/families.ts'
import { edgeWaitMs, SpanMetrics } from '../src/spanmetrics/span-metrics.ts'
import type { SpanMetricsSettings } from '../src/spanmetrics/span-metrics.ts'
import { encodeState, restoreState } from '../src/spanmetrics/state.ts'
import { sourceAt, sourceMask } from '../src/store/sqlite/sources.ts'
import { traceSource } from '../src/wire.ts'
import type { TraceSource } from '../src/wire.ts'
import { countedBlock } from './counted-blocks.ts'
import { batchOf, hexId } from './sample.ts'
import type { SampleSpan } from './sample.ts'

const settings: SpanMetricsSettings = {
  sources: traceSource.options,
  seriesMax: 1_000,
  expiryMs: 3_600_000,
  waitingMax: 10_000,
  dimensions: [],
}
const metricsOf = (own: Partial<SpanMetricsSettings> = {}) => {
  const all = { ...settings, ...own }
  return new SpanMetrics(all, sourceMask(all.sources))
}

const kinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const statuses = ['UNSET', 'OK', 'ERROR']
const startMs = 1_700_000_000_000

/** Every sample as a scraper sees it, by name and labels; without buckets' sums. */
function samplesOf(metrics: SpanMetrics): Map<string, number> {
  const found = new Map<string, number>()
  for (const family of familiesOf(metrics, sourceAt))
    for (const [key, value] of familySamples(family)) found.set(key, value)
  return found
}

function* familySamples(family: Family): Generator<[string, number]> {
  for (const point of family.points) {
    const labels = point.labels.map(([name, value]) => `${name}=${value}`).join(',')
    if (typeof point.value === 'number') yield [`${family.name}{${labels}}`, point.value]
    else {
      yield [`${family.name}_sum{${labels}}`, point.value.sum]
      for (const [bucket, count] of point.value.counts.entries()) {
        yield [`${family.name}_bucket{${labels},${point.value.bounds[bucket] ?? 'Inf'}}`, count]
      }
    }
  }
}

/** The same by counting one span after the other, with every other to look for its partner. */
function plainCount(spans: readonly SampleSpan[]): Map<string, number> {
  const found = new Map<string, number>()
  const nanos = new Map<string, bigint>()
  const add = (key: string, value = 1) => found.set(key, (found.get(key) ?? 0) + value)
  const observe = (name: string, labels: string, bounds: readonly number[], nano: bigint) => {
    const key = `${name}_sum{${labels}}`
    nanos.set(key, (nanos.get(key) ?? 0n) + nano)
    for (const bound of [...bounds, 'Inf']) add(`${name}_bucket{${labels},${bound}}`, 0)
    const bound = bounds.find((each) => Number(nano) <= Math.round(each * 1e9)) ?? 'Inf'
    add(`${name}_bucket{${labels},${bound}}`)
  }
  for (const span of spans) {
    const labels = [
      `service=${span.service}`,
      `span_name=${span.name}`,
      `span_kind=SPAN_KIND_${kinds[span.kind ?? 0]}`,
      `status_code=STATUS_CODE_${statuses[span.status ?? 0]}`,
      `trace_source=${span.source}`,
    ].join(',')
    add(`traces_spanmetrics_calls{${labels}}`)
    add(`traces_spanmetrics_size{${labels}}`, sizeOf(span))
    observe('traces_spanmetrics_latency', labels, boundsOf(spanBuckets), lengthOf(span))
  }
  for (const { names, server, client, failed } of plainEdges(spans)) {
    const labels = names.join(',')
    add(`traces_service_graph_request{${labels}}`)
    add(`traces_service_graph_request_failed{${labels}}`, failed ? 1 : 0)
    observe('traces_service_graph_request_server_seconds', labels, boundsOf(edgeBuckets), server)
    observe('traces_service_graph_request_client_seconds', labels, boundsOf(edgeBuckets), client)
  }
  for (const [key, sum] of nanos)
    found.set(key, Number(sum / 1_000_000_000n) + Number(sum % 1_000_000_000n) / 1e9)
  return found
}

const lengthOf = ({ duration = 0n }: SampleSpan) => (duration < 0n ? 0n : duration)

function sizeOf(span: SampleSpan): number {
  const { heads } = batchOf([span])
  return (heads[1] ?? 0) - (heads[0] ?? 0)
}

type PlainEdge = { names: string[]; server: bigint; client: bigint; failed: boolean }

function plainEdges(all: readonly SampleSpan[]): PlainEdge[] {
  const spans = all.filter(
    (span, at) =>
      all.findIndex(({ traceId, spanId }) => traceId === span.traceId && spanId === span.spanId) === at,
  )
  const names = (client = '', server = '', connection: string, source: TraceSource = 'otlp') => [
    `client=${client}`,
    `server=${server}`,
    `connection_type=${connection}`,
    `trace_source=${source}`,
  ]
  return spans.flatMap((span): PlainEdge[] => {
    const { kind = 2, traceId, spanId, service, source, tags = {} } = span
    const alone = { server: lengthOf(span), client: lengthOf(span), failed: span.status === 2 }
    if ((kind === 2 || kind === 5) && (span.parentSpanId ?? '') === '') {
      return [{ names: names(tags['peer.service'] ?? 'user', service, 'virtual_node', source), ...alone }]
    }
    if (kind !== 3 && kind !== 4) return []
    const server = spans.find(
      (other) =>
        other.traceId === traceId && other.parentSpanId === spanId && [2, 5].includes(other.kind ?? 2),
    )
    if (server !== undefined) {
      const messaging = kind === 4 || server.kind === 5
      return [
        {
          names: names(service, server.service, messaging ? 'messaging_system' : '', server.source),
          server: lengthOf(server),
          client: lengthOf(span),
          failed: span.status === 2 || server.status === 2,
        },
      ]
    }
    const peer = tags['peer.service'] ?? tags['server.address'] ?? tags['db.name'] ?? tags['db.system.name']
    if (peer === undefined) return []
    const isDatabase = tags['db.name'] !== undefined || tags['db.system.name'] !== undefined
    return [{ names: names(service, peer, isDatabase ? 'database' : 'virtual_node', source), ...alone }]
  })
}

/** Few ids, so that spans have each other for parents, and the same ids come in several traces. */
const anySpan = fc.record({
  traceId: fc.integer({ min: 1, max: 4 }).map((number) => hexId(number, 32)),
  spanId: fc.integer({ min: 1, max: 8 }).map((number) => hexId(number, 16)),
  parentSpanId: fc.constantFrom('', ...[1, 2, 3, 4, 5, 6, 7, 8, 99].map((number) => hexId(number, 16))),
  service: fc.constantFrom('shop', 'bank', 'stock'),
  name: fc.constantFrom('GET /', 'pay', ''),
  source: fc.constantFrom<TraceSource>('beyla', 'bpftrace', 'otlp'),
  kind: fc.integer({ min: 0, max: 5 }),
  status: fc.integer({ min: 0, max: 2 }),
  start: fc.bigInt({ min: 1_700_000_000_000_000_000n, max: 1_700_000_300_000_000_000n }),
  duration: fc.oneof(
    fc.bigInt({ min: -1_000n, max: 30_000_000_000n }),
    fc.constantFrom(0n, 2_000_000n, 2_000_001n, 100_000_000n, 16_384_000_000n, 16_384_000_001n),
  ),
  tags: fc.constantFrom<Record<string, string>>(
    {},
    { 'server.address': '10.0.0.1' },
    { 'db.system.name': 'postgresql', 'server.address': 'db' },
    { 'db.name': 'orders', other: 'x' },
    { 'peer.service': 'mail' },
  ),
})
/** Each span once, some sent twice. */
const spans = fc
  .tuple(
    fc.uniqueArray(anySpan, {
      minLength: 1,
      maxLength: 24,
      selector: ({ traceId, spanId }) => traceId + spanId,
    }),
    fc.array(fc.nat(), { maxLength: 5 }),
  )
  .map(([unique, again]): SampleSpan[] => [
    ...unique,
    ...again.flatMap((at) => unique[at % unique.length] ?? []),
  ])
const cuts = fc.array(fc.nat(29), { maxLength: 6 })

function blocksOf(all: readonly SampleSpan[], cutAt: readonly number[]): SampleSpan[][] {
  const places = [...new Set([0, ...cutAt.filter((at) => at > 0 && at < all.length)]), all.length].toSorted(
    (a, b) => a - b,
  )
  return places.slice(1).map((to, at) => all.slice(places[at], to))
}

test('counts equal those of a plain count, however spans are split into blocks, and saved in between', () => {
  fc.assert(
    fc.property(spans, cuts, fc.nat(5), (all, cutAt, savedAt) => {
      let metrics = metricsOf()
      for (const [at, block] of blocksOf(all, cutAt).entries()) {
        if (at === savedAt) {
          const again = metricsOf()
          restoreState(again, encodeState(metrics))
          metrics = again
        }
        metrics.count(countedBlock(block, startMs))
      }
      metrics.advance(startMs + edgeWaitMs)
      expect(samplesOf(metrics)).toEqual(plainCount(all))
      expect(metrics.edges.waiting.size).toBe(0)
    }),
    { numRuns: 300 },
  )
})

test('what of a merged block was counted before is not counted again', () => {
  fc.assert(
    fc.property(spans, fc.nat(29), (all, cutAt) => {
      const before = Math.min(cutAt, all.length)
      const metrics = metricsOf()
      if (before > 0) metrics.count(countedBlock(all.slice(0, before), startMs))
      metrics.count(countedBlock(all, startMs, before))
      metrics.advance(startMs + edgeWaitMs)
      expect(samplesOf(metrics)).toEqual(plainCount(all))
    }),
  )
})

const client: SampleSpan = { traceId: hexId(1, 32), spanId: hexId(1, 16), kind: 3, service: 'shop' }
const server: SampleSpan = {
  traceId: hexId(1, 32),
  spanId: hexId(2, 16),
  parentSpanId: hexId(1, 16),
  service: 'bank',
  source: 'beyla',
}
const requests = (metrics: SpanMetrics) =>
  [...samplesOf(metrics)].filter(([name]) => name.startsWith('traces_service_graph_request{'))

test.each([
  ['server', client, server],
  ['client', server, client],
])(
  'a %s that comes after its partner has waited less than 10 s is paired with it, one later is not',
  (_, first, second) => {
    const called = 'traces_service_graph_request{client=shop,server=bank,connection_type=,trace_source=beyla}'
    for (const [lateMs, edges] of [
      [edgeWaitMs - 1, [[called, 1]]],
      [edgeWaitMs, []],
    ] as const) {
      const metrics = metricsOf()
      metrics.count(countedBlock([first], startMs))
      metrics.count(countedBlock([second], startMs + lateMs))
      expect(requests(metrics)).toEqual(edges)
      metrics.advance(startMs + lateMs + edgeWaitMs)
      expect(requests(metrics)).toEqual(edges)
      // One that found nobody waits itself.
      expect(metrics.edges.outcomes.alone).toBe(edges.length === 0 ? 2 : 0)
    }
  },
)

test('both ends sent again within the waiting time count no second call', () => {
  const metrics = metricsOf()
  for (const lateMs of [0, 1, edgeWaitMs - 1]) {
    metrics.count(countedBlock([client], startMs + lateMs))
    metrics.count(countedBlock([server], startMs + lateMs))
  }
  expect(requests(metrics)).toHaveLength(1)
  expect(requests(metrics)[0]?.[1]).toBe(1)
})

test('no more ends wait than may; the others are counted as such', () => {
  const metrics = metricsOf({ waitingMax: 3 })
  const clients = Array.from({ length: 5 }, (_, at) => ({
    ...client,
    spanId: hexId(at + 1, 16),
    tags: { 'peer.service': 'mail' },
  }))
  metrics.count(countedBlock(clients, startMs))
  expect(metrics.edges.waiting.size).toBe(3)
  metrics.advance(startMs + edgeWaitMs)
  expect(requests(metrics).map(([, count]) => count)).toEqual([3])
  expect(metrics.edges.outcomes).toEqual({ paired: 0, virtual: 3, alone: 0, dropped: 2 })
})

test('beyond the bound everything goes into one series, which says so, and nothing is lost', () => {
  const metrics = metricsOf({ seriesMax: 2 })
  const names = ['a', 'b', 'c', 'd', 'a', 'c']
  for (const [at, name] of names.entries()) {
    metrics.count(
      countedBlock([{ traceId: hexId(at + 1, 32), spanId: hexId(1, 16), name, service: name }], startMs),
    )
  }
  const samples = samplesOf(metrics)
  const calls = [...samples].filter(([name]) => name.startsWith('traces_spanmetrics_calls'))
  expect(calls.map(([, count]) => count)).toEqual([2, 1, 3])
  expect(samples.get('traces_spanmetrics_calls{otel_metric_overflow=true}')).toBe(3)
  expect(samples.get('traces_service_graph_request{otel_metric_overflow=true}')).toBe(3)
  expect([metrics.spans.series.overflowed, metrics.edges.series.overflowed]).toEqual([3, 3])
})

test('a series that gets no spans is forgotten, and begins anew', () => {
  const metrics = metricsOf({ expiryMs: 600_000 })
  metrics.count(countedBlock([{ ...client, name: 'old' }], startMs))
  metrics.count(countedBlock([{ ...client, name: 'new' }], startMs + 600_000))
  metrics.advance(startMs + 700_000)
  const names = [...metrics.spans.series.all()].map(({ labels }) => labels[1])
  expect(names).toEqual(['new'])
})

test('only the chosen sources count, on both ends of a call', () => {
  const metrics = metricsOf({ sources: ['beyla'] })
  metrics.count(
    countedBlock([client, server, { ...server, spanId: hexId(3, 16), parentSpanId: '' }], startMs),
  )
  metrics.advance(startMs + edgeWaitMs)
  expect(metrics.counted).toEqual({ counted: 2, ignored: 1 })
  expect(requests(metrics)).toEqual([
    [
      'traces_service_graph_request{client=user,server=bank,connection_type=virtual_node,trace_source=beyla}',
      1,
    ],
  ])
})

test('dimensions become labels: of the span, else of its resource; a span without has none', () => {
  const metrics = metricsOf({ dimensions: ['http.route', 'service.name'] })
  metrics.count(
    countedBlock(
      [
        { ...client, tags: { 'http.route': '/a' } },
        { ...client, spanId: hexId(2, 16) },
      ],
      startMs,
    ),
  )
  const own =
    'service=shop,span_name=GET /,span_kind=SPAN_KIND_CLIENT,status_code=STATUS_CODE_UNSET,trace_source=otlp'
  const samples = samplesOf(metrics)
  expect(samples.get(`traces_spanmetrics_calls{${own},http_route=/a,service_name=shop}`)).toBe(1)
  expect(samples.get(`traces_spanmetrics_calls{${own},service_name=shop}`)).toBe(1)
  expect(metrics.spans.series.size).toBe(2)
})

test('a bucket holds what is not longer than its bound', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.nat(40_000_000_000),
        fc.nat(14).map((power) => 2_000_000 * 2 ** power),
      ),
      (nano) => {
        for (const buckets of [spanBuckets, edgeBuckets]) {
          const bounds = Array.from({ length: buckets.count }, (_, bucket) => buckets.firstNano * 2 ** bucket)
          const expected = bounds.findIndex((bound) => nano <= bound)
          expect(bucketOf(buckets, nano)).toBe(expected < 0 ? buckets.count : expected)
        }
      },
    ),
  )
})
