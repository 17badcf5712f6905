// All spans of one trace, or one of them, decoded in full: of each block only the frames that its spans lie in are decompressed. Within a
// transaction of the caller's. At most `traceSpansMax` spans.
import { decodeOwner, decodeSpan } from '../../otlp/span-decode.ts'
import type { Owner } from '../../otlp/span-decode.ts'
import type { Span } from '../../wire.ts'
import { inTraceOrder } from '../span-order.ts'
import { StoreFault } from '../store.ts'
import { factsOf, spansOfTrace } from './block-reader.ts'
import type { BlockReader } from './block-reader.ts'
import { restoreSpan } from './ids.ts'
import type { Located } from './query/located-body.ts'
import { hexOf, SpanValues } from './query/span-values.ts'

/** A page or a terminal shows no more; the largest merged traces known from Beyla have 45,000 spans. */
export const traceSpansMax = 100_000

export function createTraceReader(blocks: BlockReader): (traceId: string) => Span[] | undefined {
  return (traceId) => {
    const seen = new Set<bigint>()
    const spans: Span[] = []
    for (const { dataId } of blocks.blocksOf(traceId)) {
      const block = new SpanValues(dataId, blocks.columns(dataId), () => blocks.frames(dataId))
      const fresh = spansOfTrace(block.columns, traceId).filter((at) => {
        const spanId = block.spanId(at)
        return !seen.has(spanId) && seen.add(spanId)
      })
      if (seen.size > traceSpansMax) throw tooLarge(traceId)
      const owners = new Map<Located, Owner>()
      for (const at of fresh) spans.push(decodedSpan(block, at, traceId, owners))
    }
    return spans.length === 0 ? undefined : inTraceOrder(spans)
  }
}

export type SpanIds = { traceId: string; spanId: string }

/** A span that came twice is given as it came first. */
export function createSpanReader(blocks: BlockReader): (ids: SpanIds) => Span | undefined {
  return ({ traceId, spanId }) => {
    for (const { dataId } of blocks.blocksOf(traceId)) {
      const block = new SpanValues(dataId, blocks.columns(dataId), () => blocks.frames(dataId))
      const at = spansOfTrace(block.columns, traceId).find((place) => hexOf(block.spanId(place)) === spanId)
      if (at !== undefined) return decodedSpan(block, at, traceId, new Map())
    }
    return undefined
  }
}

/** `owners`: decoded so far, by their scope. */
function decodedSpan(block: SpanValues, at: number, traceId: string, owners: Map<Located, Owner>): Span {
  const { resource, scope } = block.owner(at)
  let owner = owners.get(scope)
  if (owner === undefined) owners.set(scope, (owner = decodeOwner(bytesOf(resource), bytesOf(scope))))
  const bytes = Buffer.from(bytesOf(block.located(at)))
  restoreSpan(bytes, block.columns, at, block.elsewhereBefore(at))
  return decodeSpan(bytes, { ...factsOf(block.columns, at), traceId, spanId: hexOf(block.spanId(at)) }, owner)
}

const bytesOf = ({ reader, start, end }: Located): Buffer => reader.bytes.subarray(start, end)

export function tooLarge(traceId: string): StoreFault {
  return new StoreFault(
    'trace_too_large',
    `trace ${traceId} has more than ${traceSpansMax} spans, the most that is shown of one trace. ` +
      'Ask for its skeleton (skeleton=true). Its sender probably uses one trace id for many requests.',
  )
}
