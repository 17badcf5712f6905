// Metric families as OTLP requests, cumulative, each series since it began. In: families; out: protobuf bodies of at most
// `pointsMax` series each. Exemplars are not sent: OpenTelemetry's encoder does not know them.
import { ValueType } from '@opentelemetry/api'
import type { HrTime } from '@opentelemetry/api'
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AggregationTemporality, DataPointType } from '@opentelemetry/sdk-metrics'
import type { DataPoint, Histogram, MetricData } from '@opentelemetry/sdk-metrics'
import type { Family, HistogramValue, Labels, Point } from './families.ts'

/** Some 300 bytes each as histograms: below a megabyte, far from what receivers refuse. */
const pointsMax = 2_000
const resource = resourceFromAttributes({ 'service.name': 'probespan-ingest' })
const scope = { name: 'probespan.span_metrics' }

export function otlpOf(families: readonly Family[], nowMs: number): Uint8Array<ArrayBuffer>[] {
  const metrics = families.flatMap((family) =>
    slicesOf(family.points.length).map(([from, to]) => metricOf(family, from, to, timeOf(nowMs))),
  )
  return requestsOf(metrics).map((together) => {
    const body = ProtobufMetricsSerializer.serializeRequest({
      resource,
      scopeMetrics: [{ scope, metrics: together }],
    })
    // A copy of its own memory, which can move to another thread.
    return new Uint8Array(body ?? [])
  })
}

function slicesOf(count: number): [from: number, to: number][] {
  return Array.from({ length: Math.ceil(count / pointsMax) }, (_, at) => [
    at * pointsMax,
    (at + 1) * pointsMax,
  ])
}

/** Neighbours together, as many as fit. */
function requestsOf(metrics: readonly MetricData[]): MetricData[][] {
  const requests: MetricData[][] = []
  let points = pointsMax
  for (const metric of metrics) {
    points += metric.dataPoints.length
    if (points > pointsMax) {
      requests.push([])
      points = metric.dataPoints.length
    }
    requests.at(-1)?.push(metric)
  }
  return requests
}

function metricOf(family: Family, from: number, to: number, endTime: HrTime): MetricData {
  const { help: description } = family
  const name = family.type === 'counter' ? `${family.name}_total` : family.name
  // A unit would become a part of the name where a collector makes Prometheus' names of it.
  const descriptor = { name, description, unit: '', valueType: ValueType.DOUBLE }
  const shared = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE }
  const told = <From, To>(points: readonly Point<From>[], valueOf: (value: From) => To): DataPoint<To>[] =>
    points.slice(from, to).map(({ labels, startMs, value }) => ({
      attributes: attributesOf(labels),
      startTime: timeOf(startMs),
      endTime,
      value: valueOf(value),
    }))
  if (family.type === 'histogram') {
    return {
      ...shared,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: told(family.points, histogramOf),
    }
  }
  const dataPoints = told(family.points, (value) => value)
  if (family.type === 'gauge') return { ...shared, dataPointType: DataPointType.GAUGE, dataPoints }
  return { ...shared, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
}

function histogramOf({ bounds, counts, sum }: HistogramValue): Histogram {
  const count = counts.reduce((all, inBucket) => all + inBucket, 0)
  return { buckets: { boundaries: [...bounds], counts: [...counts] }, sum, count }
}

const attributesOf = (labels: Labels): Record<string, string> => Object.fromEntries(labels)

/** Seconds and nanoseconds. */
const timeOf = (unixMs: number): HrTime => [
  Math.floor(unixMs / 1_000),
  Math.round(unixMs % 1_000) * 1_000_000,
]
