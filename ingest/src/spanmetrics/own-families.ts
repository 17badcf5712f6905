// What counting says about itself: how many spans it counted, left out and missed, what became of ends of edges, how many
// series there are and what went beyond their bound. In: what was counted; out: metric families.
import type { Family, Point } from './families.ts'
import type { SpanMetrics } from './span-metrics.ts'

const prefix = 'probespan_ingest_span_metrics_'

/** `skipped`: spans that retention took before they were counted. */
export function ownFamilies(metrics: SpanMetrics, { skipped }: { skipped: number }): Family[] {
  const { counted, spans, edges, sinceMs } = metrics
  const { outcomes, waiting } = edges
  const points = (byValue: Record<string, number>, label: string): Point<number>[] =>
    Object.entries(byValue).map(([of, value]) => ({ labels: [[label, of]], startMs: sinceMs, value }))
  return [
    {
      name: `${prefix}spans`,
      help: 'Spans that were counted, that are of sources that do not count, that retention took first',
      type: 'counter',
      points: points({ ...counted, skipped }, 'outcome'),
    },
    {
      name: `${prefix}edge_ends`,
      help: 'Calls that were paired or have one end; ends without a known peer; ends that were too many to wait',
      type: 'counter',
      points: points(outcomes, 'outcome'),
    },
    {
      name: `${prefix}edge_ends_waiting`,
      help: 'Ends of calls that wait for the other end',
      type: 'gauge',
      points: [{ labels: [], startMs: sinceMs, value: waiting.size }],
    },
    {
      name: `${prefix}series`,
      help: 'Series with labels of their own',
      type: 'gauge',
      points: points({ spans: spans.series.size, edges: edges.series.size }, 'of'),
    },
    {
      name: `${prefix}overflowed`,
      help: 'Spans and edges that went into the series for all beyond PROBESPAN_METRICS_SERIES_MAX',
      type: 'counter',
      points: points({ spans: spans.series.overflowed, edges: edges.series.overflowed }, 'of'),
    },
  ]
}
