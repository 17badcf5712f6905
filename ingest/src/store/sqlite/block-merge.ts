// Merges the small blocks that low traffic makes. Neighbours of one size class become a block of the next, so that a
// span is packed anew three times at the most. In: a read-only connection and the writer's changes; out: whether there
// was something to do.
import type Database from 'better-sqlite3'
import { releaseWhole } from '../../released.ts'
import type { Part } from './block-table.ts'
import type { BlockReader } from './block-reader.ts'
import type { AskedChanges, BlockVersion } from './changes.ts'
import { blockBytesMax, blockSpansMax, ChunkBuilder, chunkBuffers } from './chunk.ts'
import { partsOf } from './parts.ts'
import { packChunk } from './packed-block.ts'
import { storedBatch } from './stored-batch.ts'

/** Below each of these many spans a block is of another class; from the last on it stays as it is. */
export const mergedSizes = [16, 256, 4_096] as const
const blocksPerMerge = 512
/** Spans that came so far apart stay apart: retention takes a block when its newest spans are old. */
export const mergeSpreadMs = 3_600_000

/** Lists of traces are read on, page by page, as of a block: of those that came so lately it is told which those were. */
export const partsKeptMs = 3_600_000

export type SmallBlock = BlockVersion & {
  firstId: number
  spanCount: number
  bodyBytes: number
  storedMs: number
  parts: string | null
}

export function createBlockMerge(
  db: Database.Database,
  blocks: Pick<BlockReader, 'body' | 'columns'>,
  changes: Pick<AskedChanges, 'replaceBlocks'>,
): () => Promise<boolean> {
  const all = db.prepare<[number], SmallBlock>(
    `SELECT id, data_id AS dataId, first_id AS firstId, span_count AS spanCount, body_bytes AS bodyBytes,
       stored_ms AS storedMs, parts
     FROM blocks WHERE id > ? ORDER BY id`,
  )
  const leastCursor = db.prepare<[], number | null>('SELECT min(block_id) FROM cursors').pluck()
  const lastBefore = db
    .prepare<[number], number>('SELECT id FROM blocks WHERE stored_ms < ? ORDER BY id DESC LIMIT 1')
    .pluck()
  // One merge at a time: each packs its chunk before the next begins.
  const buffers = chunkBuffers()
  let beginAfter = 0
  const inOneState = db.transaction(() => {
    const found = neighboursToMerge(all.iterate(beginAfter))
    if ('beginAfter' in found) {
      beginAfter = found.beginAfter
      return undefined
    }
    const builder = new ChunkBuilder(buffers)
    for (const { dataId } of found.merge) {
      const batch = storedBatch(blocks.body(dataId), blocks.columns(dataId))
      builder.add(batch)
      // It was unpacked for this.
      releaseWhole(batch.body)
    }
    const apartFrom = Math.min(leastCursor.get() ?? Infinity, lastBefore.get(Date.now() - partsKeptMs) ?? 0)
    const parts = mergedParts(found.merge, apartFrom)
    return { merged: found.merge, parts, by: packChunk(builder.build()) }
  })

  return async () => {
    const found = inOneState.deferred()
    if (found === undefined) return false
    const storedMs = Math.max(...found.merged.map((block) => block.storedMs))
    const from = found.merged.map(({ id, dataId }) => ({ id, dataId }))
    await changes.replaceBlocks({ from, by: found.by, storedMs, parts: found.parts })
    return true
  }
}

type Gathering = { size: number; blocks: SmallBlock[]; spans: number; bytes: number }

/**
 * The first neighbours that make a block of a higher class than each of them is. Where there are none: after which
 * block to begin next time, since none before can be merged any more.
 */
export function neighboursToMerge(
  blocks: Iterable<SmallBlock>,
): { merge: readonly SmallBlock[] } | { beginAfter: number } {
  const gatherings = mergedSizes.map((size): Gathering => ({ size, blocks: [], spans: 0, bytes: 0 }))
  let last = 0
  for (const block of blocks) {
    for (const gathering of gatherings) {
      if (!fits(gathering, block)) Object.assign(gathering, { blocks: [], spans: 0, bytes: 0 })
      if (!isSmall(gathering, block)) continue
      gathering.blocks.push(block)
      gathering.spans += block.spanCount
      gathering.bytes += block.bodyBytes
      if (gathering.spans >= gathering.size && gathering.blocks.length > 1) return { merge: gathering.blocks }
    }
    last = block.id
  }
  const firsts = gatherings.flatMap(({ blocks }) => blocks[0]?.id ?? [])
  return { beginAfter: firsts.length === 0 ? last : Math.min(...firsts) - 1 }
}

const isSmall = ({ size }: Gathering, block: SmallBlock): boolean =>
  block.spanCount < size && block.bodyBytes < blockBytesMax / 2

function fits(gathering: Gathering, block: SmallBlock): boolean {
  const oldestMs = gathering.blocks[0]?.storedMs ?? block.storedMs
  return (
    isSmall(gathering, block) &&
    block.storedMs - oldestMs <= mergeSpreadMs &&
    gathering.spans + block.spanCount <= blockSpansMax &&
    gathering.bytes + block.bodyBytes <= blockBytesMax &&
    gathering.blocks.length < blocksPerMerge
  )
}

/**
 * What destinations and pages of lists still tell apart: nothing up to the block that all are done with (`apartFrom`).
 */
export function mergedParts(
  merged: readonly Pick<SmallBlock, 'id' | 'spanCount' | 'parts'>[],
  apartFrom: number,
): Part[] | undefined {
  const parts: Part[] = []
  for (const { id, spanCount, parts: known } of merged) {
    for (const [partId, spans] of known === null ? [[id, spanCount] satisfies Part] : partsOf(known)) {
      const last = parts.at(-1)
      if (last === undefined || partId > apartFrom) parts.push([partId, spans])
      else parts[parts.length - 1] = [partId, last[1] + spans]
    }
  }
  return parts.length > 1 ? parts : undefined
}
