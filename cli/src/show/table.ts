// Trace summaries to a table of text: newest first, as they come.
import type { TraceSummary } from '@probespan/ingest/wire'
import { formatDuration } from './duration.ts'

type Column = { title: string; cell: (trace: TraceSummary) => string; right?: boolean }

const columns: Column[] = [
  { title: 'Trace ID', cell: (trace) => trace.traceId },
  { title: 'Started', cell: (trace) => formatInstant(BigInt(trace.startUnixNano)) },
  { title: 'Duration', cell: (trace) => formatDuration(BigInt(trace.durationNano)), right: true },
  { title: 'Spans', cell: (trace) => trace.spanCount.toString(), right: true },
  { title: 'Errors', cell: (trace) => trace.errorCount.toString(), right: true },
  { title: 'Source', cell: (trace) => trace.sources.join('+') },
  { title: 'Service', cell: (trace) => printable(trace.rootService) },
  { title: 'Root Operation', cell: (trace) => printable(trace.rootName) },
]

export function traceTable(traces: readonly TraceSummary[]): string {
  const rows = [
    columns.map((column) => column.title),
    ...traces.map((trace) => columns.map((c) => c.cell(trace))),
  ]
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((text, at) => (columns[at]?.right ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0)))
      .join(' | ')
      .trimEnd(),
  )
  const rule = widths.map((width) => '-'.repeat(width)).join('-|-')
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}

/** UTC, to the microsecond. */
export function formatInstant(unixNano: bigint): string {
  const date = new Date(Number(unixNano / 1_000_000n)).toISOString()
  const microseconds = ((unixNano % 1_000_000_000n) / 1000n).toString().padStart(6, '0')
  return `${date.slice(0, 10)} ${date.slice(11, 19)}.${microseconds}`
}

/** What a program put into a name must not move the reader's cursor. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
