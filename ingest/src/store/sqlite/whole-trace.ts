// One whole trace out of its blocks without decoding it, a span that came again only the first time: as OTLP bytes, and
// how many of its spans have lost their parent. Within a transaction of the caller's. Throws StoreFault
// `trace_too_large`.
import { regroupTrace } from '../../otlp/trace-regroup.ts'
import type { TracePart } from '../../otlp/trace-regroup.ts'
import { spansOfTrace } from './block-reader.ts'
import type { BlockReader } from './block-reader.ts'
import { parentElsewhere, parentNone } from './columns.ts'
import type { Columns } from './columns.ts'
import { restoreSpan } from './ids.ts'
import { tooLarge, traceSpansMax } from './read-trace.ts'

type Blocks = Pick<BlockReader, 'blocksOf' | 'columns' | 'frames'>
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

/** See `Store.traceBytes`. Of a block only the frames are unpacked that hold spans of the trace. */
export function traceBytes(blocks: Blocks, traceId: string): Buffer<ArrayBuffer> | undefined {
  const parts = [...spansByBlock(blocks, traceId)].flatMap((ofBlock) => partsOf(blocks, ofBlock))
  return parts.length === 0 ? undefined : regroupTrace(parts)
}

function partsOf(blocks: Blocks, { dataId, columns, spans }: SpansOfBlock): TracePart[] {
  const { firstSpans, frame: frameAt } = blocks.frames(dataId)
  const wanted = new Set(spans)
  const elsewhereBefore = parentsElsewhereBefore(columns)
  return firstSpans.flatMap((firstSpan, frame) => {
    const end = firstSpans[frame + 1] ?? columns.spanCount
    if (!spans.some((span) => span >= firstSpan && span < end)) return []
    return [
      {
        // Whole resources, but that ids and times are zeros; it is kept, so it stays as it is.
        body: frameAt(frame).bytes,
        wanted: (at) => wanted.has(firstSpan + at),
        spanBytes(at, blank) {
          const bytes = Buffer.from(blank)
          restoreSpan(bytes, columns, firstSpan + at, elsewhereBefore[firstSpan + at] ?? 0)
          return bytes
        },
      },
    ]
  })
}

/** Of each span, how many before it have their parent elsewhere. */
function parentsElsewhereBefore({ parent, spanCount }: Columns): Uint32Array {
  const before = new Uint32Array(spanCount)
  for (let at = 0, count = 0; at < spanCount; at++) {
    before[at] = count
    if (parent[at] === parentElsewhere) count++
  }
  return before
}

/** See `Store.orphanCounts`. */
export function orphanCount(blocks: Blocks, traceId: string): number {
  const spanIds = new Set<bigint>()
  const parentIds: bigint[] = []
  for (const { columns, spans } of spansByBlock(blocks, traceId)) {
    const elsewhereBefore = parentsElsewhereBefore(columns)
    for (const at of spans) {
      spanIds.add(columns.spanId[at] ?? 0n)
      const distance = columns.parent[at] ?? parentNone
      if (distance === parentElsewhere) {
        // As `spanId` has them.
        parentIds.push(columns.parentIds.readBigUInt64LE((elsewhereBefore[at] ?? 0) * 8))
      } else if (distance !== parentNone) parentIds.push(columns.spanId[at - distance] ?? 0n)
    }
  }
  return parentIds.filter((parentId) => !spanIds.has(parentId)).length
}
