// A trace from the columns alone: what a waterfall needs of each span, without reading a body. In: a trace id; out: each
// span once, in the order of a trace, up to `skeletonSpansMax`. Within a transaction of the caller's.
import { kindOf, statusOf } from '../../otlp/span-heads.ts'
import { spanKind, statusCode } from '../../wire.ts'
import type { SpanBone } from '../../wire.ts'
import { inTraceOrder } from '../span-order.ts'
import { StoreFault } from '../store.ts'
import { spansOfTrace } from './block-reader.ts'
import type { BlockReader } from './block-reader.ts'
import { parentElsewhere, parentNone } from './columns.ts'
import type { Columns } from './columns.ts'
import { sourceAt } from './sources.ts'

/** Some 130 MB of JSON; the largest traces that users of such stores tell of have 230,000 spans. */
export const skeletonSpansMax = 500_000

/** Undefined for an unknown trace. Throws StoreFault `trace_too_large`. */
export function readSkeleton(
  blocks: BlockReader,
  traceId: string,
  spansMax = skeletonSpansMax,
): SpanBone[] | undefined {
  const seen = new Set<bigint>()
  const bones: SpanBone[] = []
  for (const { dataId } of blocks.blocksOf(traceId)) {
    const columns = blocks.columns(dataId)
    const parentOf = parentsOf(columns)
    for (const span of spansOfTrace(columns, traceId)) {
      const spanId = columns.spanId[span] ?? 0n
      if (seen.has(spanId)) continue
      seen.add(spanId)
      bones.push(boneAt(columns, span, parentOf(span)))
    }
    if (seen.size > spansMax) throw tooLarge(traceId, spansMax)
  }
  return bones.length === 0 ? undefined : inTraceOrder(bones)
}

function boneAt(columns: Columns, span: number, parentSpanId: string | undefined): SpanBone {
  const flags = columns.flags[span] ?? 0
  return {
    spanId: spanIdAt(columns, span),
    ...(parentSpanId !== undefined && { parentSpanId }),
    name: columns.names[columns.name[span] ?? 0] ?? '',
    kind: spanKind.options[kindOf(flags)] ?? 'UNSPECIFIED',
    startUnixNano: String(columns.start[span] ?? 0n),
    durationNano: String(columns.duration[span] ?? 0n),
    status: { code: statusCode.options[statusOf(flags)] ?? 'UNSET' },
    source: sourceAt(columns.source[span] ?? 0),
    service: columns.services[columns.service[span] ?? 0] ?? '',
  }
}

/** To be asked in the order of the spans: ids of parents elsewhere stand in that order. */
function parentsOf(columns: Columns): (span: number) => string | undefined {
  let counted = 0
  let elsewhere = 0
  return (span) => {
    for (; counted < span; counted++) if (columns.parent[counted] === parentElsewhere) elsewhere++
    const parent = columns.parent[span] ?? parentNone
    if (parent === parentNone) return undefined
    if (parent !== parentElsewhere) return spanIdAt(columns, span - parent)
    return columns.parentIds.toString('hex', elsewhere * 8, elsewhere * 8 + 8)
  }
}

function spanIdAt({ spanId }: Columns, span: number): string {
  return Buffer.from(spanId.buffer, spanId.byteOffset + span * 8, 8).toString('hex')
}

function tooLarge(traceId: string, spansMax: number): StoreFault {
  return new StoreFault(
    'trace_too_large',
    `trace ${traceId} has more than ${spansMax} spans, the most that is shown of one trace, even as a skeleton. ` +
      'Its sender probably uses one trace id for many requests.',
  )
}
