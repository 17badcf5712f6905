// What counting says about itself: how many spans it counted, left out and missed, what became of ends of edges, how many
// series there are and what went beyond their bound. In: what was counted; out: metric families.
import type { Family, Labels } from './families.ts'
import type { SpanMetrics } from './span-metrics.ts'

const prefix = 'probespan_ingest_span_metrics_'

/** `skipped`: spans that retention took before they were counted. */
export function ownFamilies(metrics: SpanMetrics, { skipped }: { skipped: number }): Family[] {
  const { counted, spans, edges } = metrics
  const { outcomes, waiting } = edges
  return [
    counter(
      'spans',
      'Spans that were counted, that are of sources that do not count, that retention took first',
      {
        outcome: { ...counted, skipped },
      },
    ),
    counter(
      'edge_ends',
      'What became of ends of calls: paired, counted alone, without a known peer, too many',
      {
        outcome: outcomes,
      },
    ),
    gauge('edge_ends_waiting', 'Ends of calls that wait for the other end', [[[], waiting.size]]),
    gauge('series', 'Series with labels of their own', [
      [[['of', 'spans']], spans.series.size],
      [[['of', 'edges']], edges.series.size],
    ]),
    counter(
      'overflowed',
      'Spans and edges that went into the series for all beyond PROBESPAN_METRICS_SERIES_MAX',
      {
        of: { spans: spans.series.overflowed, edges: edges.series.overflowed },
      },
    ),
  ]
}

/** `values`: by one label, by its value. */
function counter(name: string, help: string, values: Record<string, Record<string, number>>): Family {
  const points = Object.entries(values).flatMap(([label, byValue]) =>
    Object.entries(byValue).map(([of, value]) => pointOf([[label, of]], value)),
  )
  return { name: prefix + name, help, type: 'counter', points }
}

function gauge(name: string, help: string, values: readonly [Labels, number][]): Family {
  return {
    name: prefix + name,
    help,
    type: 'gauge',
    points: values.map(([labels, value]) => pointOf(labels, value)),
  }
}

const pointOf = (labels: Labels, value: number) => ({ labels, startMs: 0, value })
