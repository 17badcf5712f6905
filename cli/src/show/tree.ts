// A trace to text: a head, and its spans as a tree with when each began (after the trace's start) and how long it
// took. A span whose parent is not stored stands at the top and says so; no span is left out, whatever the parents say.
import type { Span, SpanBone } from '@probespan/ingest/wire'
import { formatDuration } from './duration.ts'
import { printable } from './text-table.ts'

/** A span, or what a skeleton has of it. */
type Shown = SpanBone & Partial<Pick<Span, 'attributes' | 'resource'>> & Pick<Span, 'status'>

export function traceTree(trace: { traceId: string; spans: readonly Shown[] }): string {
  const { spans } = trace
  const starts = spans.map((span) => BigInt(span.startUnixNano))
  const ends = spans.map((span) => BigInt(span.startUnixNano) + BigInt(span.durationNano))
  const startNs = smallest(starts)
  const errors = spans.filter((span) => span.status.code === 'ERROR').length
  const head = [
    `Trace ID: ${trace.traceId}`,
    `Duration: ${formatDuration(largest(ends) - startNs)}`,
    `Spans: ${spans.length}${errors === 0 ? '' : ` (${errors} with errors)`}`,
    `Services: ${distinct(spans.map((span) => printable(span.service)))}`,
    `Sources: ${distinct(spans.map((span) => span.source))}`,
    ...(spans.some(isReplayed) ? ['Replayed from a recording: not live'] : []),
  ]
  return [...head, '', 'Span Tree:', ...treeLines(spans, startNs)].join('\n')
}

/** Whether the bridge played this span from a recording. */
export function isReplayed(span: Pick<Shown, 'resource'>): boolean {
  const { attributes = [] } = span.resource ?? {}
  return attributes.some(({ key, value }) => key === 'probespan.replay' && value.boolValue === true)
}

type Row = { span: Shown; depth: number; lead: string; branch: string; below: string }

/** Deeper rows stand no further in but say how deep they are: a chain of 20,000 spans is otherwise a gigabyte. */
const indentDepthMax = 40

function treeLines(spans: readonly Shown[], startNs: bigint): string[] {
  const ids = new Set(spans.map((span) => span.spanId))
  const children = Map.groupBy(spans, (span) =>
    span.parentSpanId !== undefined && ids.has(span.parentSpanId) ? span.parentSpanId : '',
  )
  const lines: string[] = []
  const shown = new Set<Shown>()
  // Roots first; then whatever is reachable from none, because its parents form a circle.
  for (const top of [...(children.get('') ?? []), ...spans]) {
    // A stack of our own: a chain of spans can be deeper than the call stack.
    const waiting: Row[] = [{ span: top, depth: 0, lead: '', branch: '', below: '' }]
    for (let row = waiting.pop(); row !== undefined; row = waiting.pop()) {
      const { span, depth, lead, branch, below } = row
      if (shown.has(span)) continue
      shown.add(span)
      const orphan = span.parentSpanId !== undefined && !ids.has(span.parentSpanId)
      lines.push(`${lead}${branch}${spanLine(span, startNs)}${orphan ? '  (parent not stored)' : ''}`)
      const inner = children.get(span.spanId) ?? []
      const rows = inner.map((child, at) => {
        const last = at === inner.length - 1
        const branch = last ? '└─ ' : '├─ '
        if (depth >= indentDepthMax) {
          return { span: child, depth: depth + 1, lead, branch: `${branch}(depth ${depth + 1}) `, below: '' }
        }
        return { span: child, depth: depth + 1, lead: lead + below, branch, below: last ? '   ' : '│  ' }
      })
      waiting.push(...rows.reverse())
    }
  }
  return lines
}

function spanLine(span: Shown, startNs: bigint): string {
  const offset = formatDuration(BigInt(span.startUnixNano) - startNs)
  const failed = span.status.code === 'ERROR' ? '  ERROR' : ''
  const incomplete = span.attributes?.find(({ key }) => key === 'probespan.incomplete')?.value.stringValue
  const noEnd = incomplete === undefined ? '' : `  no end seen (${incomplete})`
  const message = span.status.message ? `: ${printable(span.status.message)}` : ''
  const duration = formatDuration(BigInt(span.durationNano))
  return `${printable(span.service)} (${duration}, ${printable(span.name)})  +${offset}${failed}${message}${noEnd}`
}

const distinct = (names: readonly string[]): string => [...new Set(names)].join(', ')
const smallest = (values: readonly bigint[]): bigint =>
  values.reduce((a, b) => (b < a ? b : a), values[0] ?? 0n)
const largest = (values: readonly bigint[]): bigint =>
  values.reduce((a, b) => (b > a ? b : a), values[0] ?? 0n)
