// Everything that counting remembers, as bytes to be saved and back: series, ends that wait, edges counted lately. JSON,
// compressed: some 100 bytes a series. Exemplars are not kept.
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Histogram } from './histogram.ts'
import { EdgeSeries, SpanSeries } from './series.ts'
import type { Series, SeriesTable } from './series.ts'
import type { SpanMetrics } from './span-metrics.ts'
import type { End } from './waiting-ends.ts'

/** Of the format. Other ones are not read: everything stored is counted anew then. */
const version = 1
const stateBytesMax = 512 * 2 ** 20
const zstdLevel1 = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

type SavedHistogram = [counts: number[], seconds: number, nanos: number]
type SavedSpans = [labels: readonly string[], startMs: number, lastMs: number, bytes: number, SavedHistogram]
type SavedEdge = [
  labels: readonly string[],
  startMs: number,
  lastMs: number,
  failed: number,
  server: SavedHistogram,
  client: SavedHistogram,
]
type SavedEnd = Omit<End, 'traceId'> & { traceId: string }

type Saved = {
  version: number
  clockMs: number
  expiredMs: number
  sinceMs: number
  /** Labels of span series go by their places. */
  dimensions: readonly string[]
  counted: SpanMetrics['counted']
  outcomes: SpanMetrics['edges']['outcomes']
  /** The overflow's labels are empty. */
  spans: { overflowed: number; series: SavedSpans[] }
  edges: { overflowed: number; series: SavedEdge[] }
  waiting: SavedEnd[]
  /** Base64. */
  remembered: { sinceMs: number; newer: string; older: string }
}

export function encodeState(metrics: SpanMetrics): Uint8Array<ArrayBuffer> {
  const { spans, edges } = metrics
  const { sinceMs, newer, older } = edges.remembered.halves()
  const saved: Saved = {
    version,
    clockMs: metrics.clockMs,
    expiredMs: metrics.expiredMs,
    sinceMs: metrics.sinceMs,
    dimensions: metrics.settings.dimensions,
    counted: metrics.counted,
    outcomes: edges.outcomes,
    spans: { overflowed: spans.series.overflowed, series: withOverflow(spans.series).map(savedSpans) },
    edges: { overflowed: edges.series.overflowed, series: withOverflow(edges.series).map(savedEdge) },
    waiting: Array.from(edges.waiting.all(), (end) => ({ ...end, traceId: end.traceId() })),
    remembered: { sinceMs, newer: base64Of(newer), older: base64Of(older) },
  }
  return new Uint8Array(zstdCompressSync(JSON.stringify(saved), zstdLevel1))
}

/** False: another program's, which says nothing to this one. */
export function restoreState(metrics: SpanMetrics, state: Uint8Array): boolean {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what encodeState wrote
  const saved = JSON.parse(zstdDecompressSync(state, { maxOutputLength: stateBytesMax }).toString()) as Saved
  if (saved.version !== version) return false
  const { spans, edges } = metrics
  metrics.clockMs = saved.clockMs
  metrics.expiredMs = saved.expiredMs
  metrics.sinceMs = saved.sinceMs
  Object.assign(metrics.counted, saved.counted)
  Object.assign(edges.outcomes, saved.outcomes)
  spans.series.overflowed = saved.spans.overflowed
  edges.series.overflowed = saved.edges.overflowed
  // With other dimensions each series is another one.
  if (saved.dimensions.join('\0') === metrics.settings.dimensions.join('\0')) {
    for (const one of saved.spans.series) restoreSeries(spans.series, spansOf(one))
  }
  for (const one of saved.edges.series) restoreSeries(edges.series, edgeOf(one))
  for (const { traceId, ...end } of saved.waiting) edges.waiting.add({ ...end, traceId: () => traceId })
  const { sinceMs, newer, older } = saved.remembered
  edges.remembered.restore({ sinceMs, newer: wordsOf(newer), older: wordsOf(older) })
  return true
}

function withOverflow<S extends Series>(table: SeriesTable<S>): S[] {
  return table.overflow === undefined ? [...table.all()] : [...table.all(), table.overflow]
}

function restoreSeries<S extends Series>(
  table: { overflow: S | undefined; restore: (series: S) => void },
  series: S,
): void {
  if (series.labels.length === 0) table.overflow = series
  else table.restore(series)
}

function savedSpans({ labels, startMs, lastMs, bytes, latency }: SpanSeries): SavedSpans {
  return [labels, startMs, lastMs, bytes, savedHistogram(latency)]
}

function spansOf([labels, startMs, lastMs, bytes, latency]: SavedSpans): SpanSeries {
  const series = new SpanSeries(labels, startMs)
  series.lastMs = lastMs
  series.bytes = bytes
  fill(series.latency, latency)
  return series
}

function savedEdge({ labels, startMs, lastMs, failed, server, client }: EdgeSeries): SavedEdge {
  return [labels, startMs, lastMs, failed, savedHistogram(server), savedHistogram(client)]
}

function edgeOf([labels, startMs, lastMs, failed, server, client]: SavedEdge): EdgeSeries {
  const series = new EdgeSeries(labels, startMs)
  series.lastMs = lastMs
  series.failed = failed
  fill(series.server, server)
  fill(series.client, client)
  return series
}

const savedHistogram = ({ counts, seconds, nanos }: Histogram): SavedHistogram => [
  [...counts],
  seconds,
  nanos,
]

function fill(histogram: Histogram, [counts, seconds, nanos]: SavedHistogram): void {
  histogram.counts.set(counts)
  histogram.seconds = seconds
  histogram.nanos = nanos
}

const base64Of = ({ buffer, byteOffset, byteLength }: Uint32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64')
const wordsOf = (base64: string): Uint32Array<ArrayBuffer> =>
  new Uint32Array(new Uint8Array(Buffer.from(base64, 'base64')).buffer)
