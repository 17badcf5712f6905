// Found traces as Jaeger's FindTraceSummariesResponse: what its page lists. Pure.
import type { Message } from '../go-values/message.ts'
import type { FoundTrace } from '../store/questions.ts'

/** `orphanCounts`: of each trace, in the same order. */
export function summariesMessage(traces: readonly FoundTrace[], orphanCounts: readonly number[]): Message {
  return { summaries: traces.map((trace, at) => summaryMessage(trace, orphanCounts[at] ?? 0)) }
}

function summaryMessage({ summary, serviceStats }: FoundTrace, orphanSpanCount: number): Message {
  const start = BigInt(summary.startUnixNano)
  const end = start + BigInt(summary.durationNano)
  return {
    traceId: summary.traceId,
    rootServiceName: summary.rootService,
    rootOperationName: summary.rootName,
    minStartTimeUnixNano: start,
    // The page takes no end before the start.
    maxEndTimeUnixNano: end < start ? start : end,
    spanCount: summary.spanCount,
    errorSpanCount: summary.errorCount,
    orphanSpanCount,
    services: serviceStats
      .toSorted((a, b) => (a.service < b.service ? -1 : 1))
      .map(({ service, spanCount, errorCount }) => ({
        name: service,
        spanCount,
        errorSpanCount: errorCount,
      })),
  }
}
