// Packs batches into blocks: rows ready to insert. Pure. A block holds at most `blockSpansMax` spans and, unless one
// span alone is larger, about `blockBytesMax` of OTLP; a batch beyond that is cut between spans.
import { constants, zstdCompressSync } from 'node:zlib'
import { splitSpans } from '../../otlp/regroup.ts'
import type { Batch, SpanGroup } from '../store.ts'
import { columnsOf, encodeColumns } from './columns.ts'
import type { Columns } from './columns.ts'

// 8,000 spans: 69 bytes a span at level 1, and a block is decompressed in under 2 ms; 800 spans cost 72 bytes.
export const blockSpansMax = 8_000
// Bounds what showing one trace decompresses.
export const blockBytesMax = 8 * 2 ** 20

export type Block = {
  columns: Columns
  startMin: bigint
  startMax: bigint
  columnsBlob: Buffer
  bodyBlob: Buffer
}

// Level 1: 2.1M spans/s; level 3 saves 6 of 69 bytes a span and takes a third longer.
const zstdLevel1 = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

export function packBlocks(batches: readonly Batch[]): Block[] {
  const blocks: Block[] = []
  let packed: Batch[] = []
  let spans = 0
  let bytes = 0
  for (const batch of batches.flatMap(cutBatch)) {
    const full = spans + batch.spanCount > blockSpansMax || bytes + batch.body.length > blockBytesMax
    if (full && packed.length > 0) {
      blocks.push(blockOf(packed))
      packed = []
      spans = 0
      bytes = 0
    }
    packed.push(batch)
    spans += batch.spanCount
    bytes += batch.body.length
  }
  if (packed.length > 0) blocks.push(blockOf(packed))
  return blocks
}

function cutBatch(batch: Batch): Batch[] {
  if (batch.spanCount <= blockSpansMax && batch.body.length <= blockBytesMax) return [batch]
  const bodies = splitSpans(batch.body, blockSpansMax, blockBytesMax)
  return bodies.map(({ body, spanCount }, index) => {
    const from = bodies.slice(0, index).reduce((sum, part) => sum + part.spanCount, 0)
    return { body, spanCount, groups: groupsWithin(batch.groups, from, from + spanCount) }
  })
}

function groupsWithin(groups: readonly SpanGroup[], from: number, to: number): SpanGroup[] {
  let at = 0
  return groups.flatMap((group) => {
    const spans = group.spans.slice(Math.max(0, from - at), Math.max(0, to - at))
    at += group.spans.length
    return spans.length === 0 ? [] : [{ ...group, spans }]
  })
}

function blockOf(batches: readonly Batch[]): Block {
  const columns = columnsOf(batches)
  let startMin = columns.start[0] ?? 0n
  let startMax = startMin
  for (const start of columns.start) {
    if (start < startMin) startMin = start
    if (start > startMax) startMax = start
  }
  return {
    columns,
    startMin,
    startMax,
    columnsBlob: encodeColumns(columns),
    bodyBlob: zstdCompressSync(Buffer.concat(batches.map((batch) => batch.body)), zstdLevel1),
  }
}
