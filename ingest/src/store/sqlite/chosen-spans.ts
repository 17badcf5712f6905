// What a destination gets next: the spans it wants of the first block after its cursor that has some. Bodies of other
// blocks are not read, nor columns of blocks that it wants as a whole or not at all. Merging does not show here: of a
// merged block the parts before the cursor are left out. Within a transaction of the caller's.
import type Database from 'better-sqlite3'
import { selectSpans } from '../../otlp/regroup.ts'
import type { ChosenSpans, Cursor, SpanChoice } from '../destination-store.ts'
import type { BlockReader } from './block-reader.ts'
import { partsOf, spansUpTo } from './parts.ts'
import { decodeShares } from './shares.ts'
import { createChoosers } from './span-choice.ts'
import type { Chooser } from './span-choice.ts'

type Row = {
  id: number
  firstId: number
  dataId: number
  spanCount: number
  shares: Buffer
  parts: string | null
}

/** Looked through at once: some milliseconds. */
const rowsMax = 1_000

export function createChosenSpans(
  db: Database.Database,
  blocks: Pick<BlockReader, 'body' | 'columns'>,
): (cursor: Cursor, choice: SpanChoice) => ChosenSpans | undefined {
  const after = db.prepare<[number, number], Row>(
    `SELECT id, first_id AS firstId, data_id AS dataId, span_count AS spanCount, shares, parts
     FROM blocks WHERE id > ? ORDER BY id LIMIT ?`,
  )
  const chooserOf = createChoosers(db)
  return (cursor, choice) => {
    const chooser = chooserOf(choice)
    const rows = after.all(cursor.blockId, chooser.everything ? 1 : rowsMax)
    for (const [index, row] of rows.entries()) {
      const beforeId = Math.max(cursor.blockId, row.firstId - 1)
      const earlier = spansUpTo(partsOf(row.parts), beforeId)
      const wanted = wantedSpans(row, earlier + (index === 0 ? cursor.spansDone : 0), chooser, blocks)
      if (wanted.length === 0) continue
      return {
        body: bodyOf(row, wanted, blocks),
        spanCount: wanted.length,
        id: row.id,
        beforeId,
        spansDone: wanted.map((span) => span + 1 - earlier),
      }
    }
    const last = rows.at(-1)
    if (last === undefined) return undefined
    return {
      body: Buffer.alloc(0),
      spanCount: 0,
      id: last.id,
      beforeId: last.id,
      spansDone: new Uint32Array(),
    }
  }
}

/** Places in the block, ascending, from `done` on. */
export function wantedSpans(
  { dataId, spanCount, shares }: Pick<Row, 'dataId' | 'spanCount' | 'shares'>,
  done: number,
  { everything, wantsShare, wantsSpan }: Chooser,
  blocks: Pick<BlockReader, 'columns'>,
): Uint32Array {
  const rest = Uint32Array.from({ length: Math.max(0, spanCount - done) }, (_, index) => done + index)
  if (everything) return rest
  const wanted = decodeShares(shares).map(wantsShare)
  if (wanted.every((wants) => wants)) return rest
  return wanted.some((wants) => wants) ? rest.filter(wantsSpan(blocks.columns(dataId))) : new Uint32Array()
}

function bodyOf({ dataId, spanCount }: Row, wanted: Uint32Array, blocks: Pick<BlockReader, 'body'>): Buffer {
  const body = blocks.body(dataId)
  if (wanted.length === spanCount) return body
  const kept = new Set(wanted)
  return selectSpans(body, (ordinal) => kept.has(ordinal))
}
