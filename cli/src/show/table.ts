// Trace summaries to a table of text: newest first, as they come.
import type { TraceSummary } from '@probespan/ingest/wire'
import { formatDuration } from './duration.ts'
import { textTable } from './text-table.ts'

type Column = { title: string; cell: (trace: TraceSummary) => string; right?: boolean }

const columns: Column[] = [
  { title: 'Trace ID', cell: (trace) => trace.traceId },
  { title: 'Started', cell: (trace) => formatInstant(BigInt(trace.startUnixNano)) },
  { title: 'Duration', cell: (trace) => formatDuration(BigInt(trace.durationNano)), right: true },
  { title: 'Spans', cell: (trace) => trace.spanCount.toString(), right: true },
  { title: 'Errors', cell: (trace) => trace.errorCount.toString(), right: true },
  { title: 'Source', cell: (trace) => trace.sources.join('+') },
  { title: 'Service', cell: (trace) => trace.rootService },
  { title: 'Root Operation', cell: (trace) => trace.rootName },
]

export function traceTable(traces: readonly TraceSummary[]): string {
  const titles = columns.map(({ title, right = false }) => ({ title, right }))
  return textTable(
    titles,
    traces.map((trace) => columns.map(({ cell }) => cell(trace))),
  )
}

/** UTC, to the microsecond. */
export function formatInstant(unixNano: bigint): string {
  const date = new Date(Number(unixNano / 1_000_000n)).toISOString()
  const microseconds = ((unixNano % 1_000_000_000n) / 1000n).toString().padStart(6, '0')
  return `${date.slice(0, 10)} ${date.slice(11, 19)}.${microseconds}`
}
