// Found traces as Tempo's SearchResponse. Pure. Durations of traces are milliseconds, cut off; all else is nanoseconds.
import type { Message } from '../go-values/message.ts'
import type { Answered, FoundSpan, FoundSpanset, FoundTrace, TracesFound } from '../store/questions.ts'
import type { Field, Intrinsic } from '../traceql/ast.ts'
import { printExpression } from '../traceql/print.ts'
import { keyValueOf, shownKeyOf } from './static-value.ts'

const uint32Max = 2 ** 32 - 1

export function searchResponse(found: TracesFound): Message {
  return { traces: found.traces.map(traceMessage), metrics: searchMetrics(found) }
}

function traceMessage({ summary, serviceStats, spansets }: FoundTrace): Message {
  return {
    traceID: summary.traceId,
    rootServiceName: summary.rootService,
    rootTraceName: summary.rootName,
    startTimeUnixNano: BigInt(summary.startUnixNano),
    durationMs: Math.min(Number(notNegative(BigInt(summary.durationNano)) / 1_000_000n), uint32Max),
    spanSets: spansets.map(spansetMessage),
    serviceStats: Object.fromEntries(
      serviceStats.map(({ service, spanCount, errorCount }) => [service, { spanCount, errorCount }]),
    ),
  }
}

function spansetMessage({ spans, matched, groups }: FoundSpanset): Message {
  return {
    spans: spans.map(spanMessage),
    matched,
    attributes: groups.map(({ field, value }) => keyValueOf(`by(${printExpression(field)})`, value)),
  }
}

function spanMessage({ spanId, name, startUnixNano, durationNano, fields }: FoundSpan): Message {
  return {
    spanID: spanId,
    name,
    startTimeUnixNano: startUnixNano,
    durationNanos: notNegative(durationNano),
    attributes: fields
      .filter(({ field }) => !hasOwnPlace(field))
      .map(({ field, value }) => keyValueOf(shownKeyOf(field), value)),
  }
}

/** What the span's or the trace's own fields say already. */
const ownPlaces = new Set<Intrinsic>([
  'span:name',
  'span:duration',
  'span:id',
  'trace:id',
  'trace:duration',
  'trace:rootName',
  'trace:rootService',
])
const hasOwnPlace = (field: Field): boolean => field.type === 'intrinsic' && ownPlaces.has(field.name)

/** Tempo's durations have no sign. */
const notNegative = (nano: bigint): bigint => (nano < 0n ? 0n : nano)

/**
 * An answer that is not whole has fewer jobs done than there were: Tempo's own way to tell it. A job is a block here.
 */
export function searchMetrics({ inspected, cutShort }: Answered): Message {
  const { blocks, blocksTotal } = inspected
  const jobs = Math.max(blocksTotal, 1)
  return {
    inspectedTraces: inspected.traces,
    inspectedBytes: BigInt(inspected.bytes),
    totalBlocks: blocksTotal,
    completedJobs: cutShort === undefined ? jobs : Math.min(blocks, jobs - 1),
    totalJobs: jobs,
  }
}
