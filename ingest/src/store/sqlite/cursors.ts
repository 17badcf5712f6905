// Destinations' places in the order of blocks. In: a writing connection; each call is a transaction of its own.
import type Database from 'better-sqlite3'
import type { Cursor, LagBound } from '../store.ts'
import { partsOf, spansUpTo } from './follow.ts'

export type Cursors = {
  /** A new destination begins with what is committed from now on. */
  openCursor: (destination: string) => Cursor
  saveCursor: (saved: { destination: string; cursor: Cursor }) => void
  boundLag: (bounded: { destination: string; bound: LagBound }) => number
}

type Row = { id: number; spanCount: number; bytes: number; storedMs: number; parts: string | null }

export function createCursors(db: Database.Database): Cursors {
  const find = db.prepare<[string], Cursor>(
    'SELECT block_id AS blockId, spans_done AS spansDone FROM cursors WHERE destination = ?',
  )
  const begin = db.prepare(
    'INSERT INTO cursors (destination, block_id, spans_done) SELECT ?, coalesce(max(id), 0), 0 FROM blocks',
  )
  const save = db.prepare(
    `INSERT INTO cursors (destination, block_id, spans_done) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET block_id = excluded.block_id, spans_done = excluded.spans_done`,
  )
  const skip = db.prepare(
    'UPDATE cursors SET block_id = ?, spans_done = 0, spans_skipped = spans_skipped + ? WHERE destination = ?',
  )
  const behind = db.prepare<[number], Row>(
    `SELECT id, span_count AS spanCount, bytes, stored_ms AS storedMs, parts FROM blocks WHERE id > ? ORDER BY id DESC`,
  )

  const boundLag = db.transaction((destination: string, bound: LagBound): number => {
    const cursor = find.get(destination)
    if (cursor === undefined) return 0
    const rows = behind.all(cursor.blockId)
    const kept = keptOf(rows, bound)
    const [skipped, oldest] = [rows.slice(kept), rows.at(-1)]
    const [last] = skipped
    if (last === undefined || oldest === undefined) return 0
    const done = spansUpTo(partsOf(oldest.parts), cursor.blockId) + cursor.spansDone
    const spans = skipped.reduce((sum, { spanCount }) => sum + spanCount, 0) - done
    skip.run(last.id, spans, destination)
    return spans
  })

  return {
    openCursor(destination) {
      if (find.get(destination) === undefined) begin.run(destination)
      return find.get(destination) ?? { blockId: 0, spansDone: 0 }
    },
    saveCursor({ destination, cursor }) {
      save.run(destination, cursor.blockId, cursor.spansDone)
    },
    boundLag: ({ destination, bound }) => boundLag.immediate(destination, bound),
  }
}

/** How many of the blocks, newest first, are within all bounds. */
function keptOf(newestFirst: readonly Row[], { spansMax, bytesMax, storedSinceMs }: LagBound): number {
  let [spans, bytes] = [0, 0]
  const beyond = newestFirst.findIndex((row) => {
    spans += row.spanCount
    bytes += row.bytes
    return (
      (spansMax !== undefined && spans > spansMax) ||
      (bytesMax !== undefined && bytes > bytesMax) ||
      (storedSinceMs !== undefined && row.storedMs < storedSinceMs)
    )
  })
  return beyond < 0 ? newestFirst.length : beyond
}
