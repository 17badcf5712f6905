// Trace summaries to a table of text, in the order in which they come.
import type { TraceSummary } from '@probespan/ingest/wire'
import { formatDuration } from './duration.ts'
import { formatInstant } from './instant.ts'
import { columnTable, type Column } from './text-table.ts'

const columns: Column<TraceSummary>[] = [
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
  return columnTable(columns, traces)
}
