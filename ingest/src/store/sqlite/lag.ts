// How far a destination is behind, block by block: spans that it wants and has not got. In: its cursor and what it
// wants; out: one entry a block after the cursor, oldest first. Within a transaction of the caller's.
import type Database from 'better-sqlite3'
import type { Cursor, LagLimit, SpanChoice } from '../destination-store.ts'
import type { BlockReader } from './block-reader.ts'
import { wantedSpans } from './chosen-spans.ts'
import { partsOf, spansUpTo } from './parts.ts'
import { decodeShares } from './shares.ts'
import { createChoosers } from './span-choice.ts'
import type { Chooser } from './span-choice.ts'

/** Bytes are as stored; of a block that is wanted in part, that part of them. */
export type BlockLag = { id: number; spans: number; bytes: number; storedMs: number }

type Row = {
  id: number
  dataId: number
  spanCount: number
  bytes: number
  storedMs: number
  shares: Buffer
  parts: string | null
}

export type LagOf = (cursor: Cursor, choice: SpanChoice, upToId?: number) => BlockLag[]

export function createLag(db: Database.Database, blocks: Pick<BlockReader, 'columns'>): LagOf {
  const after = db.prepare<[number, number], Row>(
    `SELECT id, data_id AS dataId, span_count AS spanCount, bytes, stored_ms AS storedMs, shares, parts
     FROM blocks WHERE id > ? AND id <= ? ORDER BY id`,
  )
  const chooserOf = createChoosers(db)
  return (cursor, choice, upToId = Number.MAX_SAFE_INTEGER) => {
    const chooser = chooserOf(choice)
    const rows = after.all(cursor.blockId, upToId)
    return rows.map((row, index) => {
      const { spans, bytes } = wantedOf(row, chooser)
      const { id, storedMs, parts } = row
      if (index > 0) return { id, spans, bytes, storedMs }
      // Only of the first block some spans may be done.
      const done = spansUpTo(partsOf(parts), cursor.blockId) + cursor.spansDone
      const left = done === 0 ? spans : wantedSpans(row, done, chooser, blocks).length
      return { id, spans: left, bytes, storedMs }
    })
  }
}

function wantedOf(
  { spanCount, bytes, shares }: Row,
  { everything, wantsShare }: Chooser,
): { spans: number; bytes: number } {
  if (everything) return { spans: spanCount, bytes }
  const sum = { spans: 0, bytes: 0, all: 0 }
  for (const share of decodeShares(shares)) {
    sum.all += share.bytes
    if (!wantsShare(share)) continue
    sum.spans += share.spans
    sum.bytes += share.bytes
  }
  return { spans: sum.spans, bytes: sum.all === 0 ? 0 : Math.round((bytes * sum.bytes) / sum.all) }
}

/** The last block to skip, so that what is left is not less than the limit; undefined: none. */
export function lastToSkip(lag: readonly BlockLag[], limit: LagLimit, nowMs: number): number | undefined {
  const { spans = Infinity, bytes = Infinity, ageMs = Infinity } = limit
  let spansLeft = lag.reduce((sum, block) => sum + block.spans, 0)
  let bytesLeft = lag.reduce((sum, block) => sum + block.bytes, 0)
  let last: number | undefined
  for (const block of lag) {
    spansLeft -= block.spans
    bytesLeft -= block.bytes
    if (spansLeft < spans && bytesLeft < bytes && nowMs - block.storedMs <= ageMs) break
    last = block.id
  }
  return last
}
