// Adds up the spans of one trace to its row in a list of traces. Pure: spans in, in any order and possibly more than
// once, summary out. Times are Unix nanoseconds.
import type { TraceSource, TraceSummary } from '../wire.ts'

export type SpanFacts = {
  spanId: bigint
  startUnixNano: bigint
  durationNano: bigint
  root: boolean
  error: boolean
  service: string
  name: string
  source: TraceSource
}

/** Undefined for no spans. A span id that comes again (an exporter that retried) counts once, as it came first. */
export function summarize(traceId: string, spans: Iterable<SpanFacts>): TraceSummary | undefined {
  const seen = new Set<bigint>()
  const services = new Set<string>()
  const sources = new Set<TraceSource>()
  let errorCount = 0
  let first: SpanFacts | undefined
  let start = 0n
  let end = 0n
  for (const span of spans) {
    if (seen.has(span.spanId)) continue
    const spanEnd = span.startUnixNano + span.durationNano
    if (seen.size === 0 || span.startUnixNano < start) start = span.startUnixNano
    if (seen.size === 0 || spanEnd > end) end = spanEnd
    seen.add(span.spanId)
    services.add(span.service)
    sources.add(span.source)
    if (span.error) errorCount++
    if (first === undefined || standsBefore(span, first)) first = span
  }
  if (first === undefined) return undefined
  return {
    traceId,
    rootService: first.service,
    rootName: first.name,
    rootSeen: first.root,
    startUnixNano: String(start),
    durationNano: String(end - start),
    spanCount: seen.size,
    errorCount,
    sources: [...sources].sort(),
    services: [...services].sort(),
  }
}

/** Whether a trace is named after `span` rather than `other`: roots first, then the earlier, the longer, the lower id. */
function standsBefore(span: SpanFacts, other: SpanFacts): boolean {
  if (span.root !== other.root) return span.root
  if (span.startUnixNano !== other.startUnixNano) return span.startUnixNano < other.startUnixNano
  if (span.durationNano !== other.durationNano) return span.durationNano > other.durationNano
  return span.spanId < other.spanId
}
