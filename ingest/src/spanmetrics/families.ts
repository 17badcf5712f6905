// The series as metric families, named and labelled as Tempo does, plus `trace_source`: what is written as text for a
// scraper or sent as OTLP. In: what was counted; out: plain data. Times are Unix milliseconds, durations seconds.
import { boundsOf } from './buckets.ts'
import type { Exemplar, Histogram } from './histogram.ts'
import type { EdgeSeries, SpanSeries } from './series.ts'
import type { SpanMetrics } from './span-metrics.ts'

export type HistogramValue = {
  bounds: readonly number[]
  /** One more than bounds; not summed up. */
  counts: readonly number[]
  sum: number
  exemplars: readonly (Exemplar | undefined)[]
}
export type Labels = readonly (readonly [name: string, value: string])[]
export type Point<Value> = { labels: Labels; startMs: number; value: Value }
export type Family = { name: string; help: string } & (
  | { type: 'counter'; points: Point<number>[] }
  | { type: 'gauge'; points: Point<number>[] }
  | { type: 'histogram'; points: Point<HistogramValue>[] }
)

/** Of the one series that stands for all beyond the bound, instead of its own; OpenTelemetry's name for it. */
export const overflowLabels: Labels = [['otel_metric_overflow', 'true']]

const kinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const
const statuses = ['UNSET', 'OK', 'ERROR'] as const

/** A label's name may hold less than an attribute's. */
export const labelName = (attribute: string): string =>
  attribute.replaceAll(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_')

/** That every series of span metrics has, besides the dimensions. */
export const spanLabelNames = ['service', 'span_name', 'span_kind', 'status_code', 'trace_source'] as const

/** `sourceName` gives a source by its number. */
export function familiesOf(metrics: SpanMetrics, sourceName: (source: number) => string): Family[] {
  const spans = pointsOf(metrics.spans.series, (series) => spanLabels(series, metrics, sourceName))
  const edges = pointsOf(metrics.edges.series, (series) => edgeLabels(series, sourceName))
  return [
    {
      name: 'traces_spanmetrics_calls',
      help: 'Spans',
      type: 'counter',
      points: spans.map(valued(({ latency }) => latency.count)),
    },
    {
      name: 'traces_spanmetrics_latency',
      help: 'Durations of spans in seconds',
      type: 'histogram',
      points: spans.map(valued(({ latency }) => histogramValue(latency))),
    },
    {
      name: 'traces_spanmetrics_size',
      help: 'Bytes of spans as OTLP',
      type: 'counter',
      points: spans.map(valued(({ bytes }) => bytes)),
    },
    {
      name: 'traces_service_graph_request',
      help: 'Calls from one service to another',
      type: 'counter',
      points: edges.map(valued(({ server }) => server.count)),
    },
    {
      name: 'traces_service_graph_request_failed',
      help: 'Those of them in which a span of either end has an error',
      type: 'counter',
      points: edges.map(valued(({ failed }) => failed)),
    },
    {
      name: 'traces_service_graph_request_server_seconds',
      help: 'How long calls took for the server, in seconds',
      type: 'histogram',
      points: edges.map(valued(({ server }) => histogramValue(server))),
    },
    {
      name: 'traces_service_graph_request_client_seconds',
      help: 'How long calls took for the client, in seconds',
      type: 'histogram',
      points: edges.map(valued(({ client }) => histogramValue(client))),
    },
  ]
}

type Labelled<S> = { labels: Labels; series: S }

function pointsOf<S>(
  table: { all: () => Iterable<S>; overflow: S | undefined },
  labelsOf: (series: S) => Labels,
): Labelled<S>[] {
  const found = Array.from(table.all(), (series) => ({ labels: labelsOf(series), series }))
  return table.overflow === undefined ? found : [...found, { labels: overflowLabels, series: table.overflow }]
}

const valued =
  <S extends SpanSeries | EdgeSeries, Value>(valueOf: (series: S) => Value) =>
  ({ labels, series }: Labelled<S>): Point<Value> => ({
    labels,
    startMs: series.startMs,
    value: valueOf(series),
  })

function spanLabels(
  { labels }: SpanSeries,
  { settings }: SpanMetrics,
  sourceName: (source: number) => string,
): Labels {
  const [service = '', name = '', kind = '', status = '', source = '', ...dimensions] = labels
  const own: Labels = [
    ['service', service],
    ['span_name', name],
    ['span_kind', `SPAN_KIND_${kinds[Number(kind)] ?? 'UNSPECIFIED'}`],
    ['status_code', `STATUS_CODE_${statuses[Number(status)] ?? 'UNSET'}`],
    ['trace_source', sourceName(Number(source))],
  ]
  const more = dimensions.map((value, at) => [labelName(settings.dimensions[at] ?? ''), value] as const)
  // An empty label is none.
  return [...own, ...more.filter(([name, value]) => name !== '' && value !== '')]
}

function edgeLabels({ labels }: EdgeSeries, sourceName: (source: number) => string): Labels {
  const [client = '', server = '', connection = '', source = ''] = labels
  return [
    ['client', client],
    ['server', server],
    ['connection_type', connection],
    ['trace_source', sourceName(Number(source))],
  ]
}

function histogramValue({ buckets, counts, sumSeconds, exemplars }: Histogram): HistogramValue {
  return { bounds: boundsOf(buckets), counts: [...counts], sum: sumSeconds, exemplars: [...exemplars] }
}
