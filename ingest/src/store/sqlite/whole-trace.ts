// One whole trace out of its blocks without decoding it, a span that came again only the first time: as OTLP bytes, and
// how many of its spans have lost their parent. Within a transaction of the caller's. Throws StoreFault
// `trace_too_large`.
import { regroupTrace } from '../../otlp/trace-regroup.ts'
import { spansOfTrace } from './block-reader.ts'
import type { BlockReader } from './block-reader.ts'
import { parentElsewhere, parentNone } from './columns.ts'
import type { Columns } from './columns.ts'
import { tooLarge, traceSpansMax } from './read-trace.ts'

type Blocks = Pick<BlockReader, 'blocksOf' | 'columns' | 'body'>
type SpansOfBlock = { dataId: number; columns: Columns; spans: number[] }

function* spansByBlock(blocks: Blocks, traceId: string): Generator<SpansOfBlock> {
  const seen = new Set<bigint>()
  for (const { dataId } of blocks.blocksOf(traceId)) {
    const columns = blocks.columns(dataId)
    const spans = spansOfTrace(columns, traceId).filter((at) => {
      const spanId = columns.spanId[at] ?? 0n
      return !seen.has(spanId) && seen.add(spanId)
    })
    if (seen.size > traceSpansMax) throw tooLarge(traceId)
    if (spans.length > 0) yield { dataId, columns, spans }
  }
}

/** See `Store.traceBytes`. */
export function traceBytes(blocks: Blocks, traceId: string): Buffer<ArrayBuffer> | undefined {
  const parts = [...spansByBlock(blocks, traceId)].map(({ dataId, spans }) => {
    const wanted = new Set(spans)
    return { body: blocks.body(dataId), wanted: (at: number) => wanted.has(at) }
  })
  return parts.length === 0 ? undefined : regroupTrace(parts)
}

/** See `Store.orphanCounts`. */
export function orphanCount(blocks: Blocks, traceId: string): number {
  const spanIds = new Set<bigint>()
  const parentIds: bigint[] = []
  for (const { columns, spans } of spansByBlock(blocks, traceId)) {
    const elsewhere = parentsElsewhere(columns)
    for (const at of spans) {
      spanIds.add(columns.spanId[at] ?? 0n)
      const distance = columns.parent[at] ?? parentNone
      if (distance === parentNone) continue
      parentIds.push(elsewhere.get(at) ?? columns.spanId[at - distance] ?? 0n)
    }
  }
  return parentIds.filter((parentId) => !spanIds.has(parentId)).length
}

/** By the span's place, as `spanId` has them. */
function parentsElsewhere({ parent, parentIds, spanCount }: Columns): Map<number, bigint> {
  const found = new Map<number, bigint>()
  for (let at = 0; at < spanCount; at++) {
    if (parent[at] === parentElsewhere) found.set(at, parentIds.readBigUInt64LE(found.size * 8))
  }
  return found
}
