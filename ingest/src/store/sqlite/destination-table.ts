// Cursors and refused batches as the writing thread changes them. In: a writing connection; each call is one
// transaction, on disk when it returns.
import type Database from 'better-sqlite3'
import type { Cursor, Outcome, SpanChoice } from '../destination-store.ts'
import { createBlockReader } from './block-reader.ts'
import { createLag } from './lag.ts'
import { createRefusedTable } from './refused.ts'

export type DestinationTable = {
  /** Of a destination; a new one begins with what is committed from now on. */
  openCursor: (destination: string) => Cursor
  saveCursor: (saved: {
    destination: string
    cursor: Cursor
    outcome: Outcome | undefined
    keptBytesMax: number | undefined
  }) => void
  /** Moves the cursor to the end of this block, if it is still there; gives how many wanted spans that skips. */
  skipTo: (skip: { destination: string; choice: SpanChoice; blockId: number }) => number
  markReplay: (which: { destination: string; id: number | undefined }) => number
  saveReplay: (done: { destination: string; id: number; outcome: Outcome }) => void
  dropRefused: (which: { destination: string; id: number | undefined }) => number
  forgetDestination: (destination: string) => void
}

export function createDestinationTable(db: Database.Database): DestinationTable {
  const refusedTable = createRefusedTable(db)
  const lagOf = createLag(db, createBlockReader(db))
  const find = db.prepare<[string], Cursor>(
    'SELECT block_id AS blockId, spans_done AS spansDone FROM cursors WHERE destination = ?',
  )
  const begin = db.prepare(
    'INSERT INTO cursors (destination, block_id, spans_done) SELECT ?, coalesce(max(id), 0), 0 FROM blocks',
  )
  const move = db.prepare(
    `INSERT INTO cursors (destination, block_id, spans_done) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET block_id = excluded.block_id, spans_done = excluded.spans_done`,
  )
  const count = db.prepare(
    `UPDATE cursors SET spans_sent = spans_sent + ?, spans_refused = spans_refused + ?,
       spans_dropped = spans_dropped + ? WHERE destination = ?`,
  )
  const countSkipped = db.prepare(
    'UPDATE cursors SET spans_skipped = spans_skipped + ? WHERE destination = ?',
  )

  const forget = db.prepare('DELETE FROM cursors WHERE destination = ?')

  function settle(destination: string, { spansSent, refused }: Outcome, keptBytesMax: number): void {
    refusedTable.setAside(destination, refused)
    const dropped = refused.length === 0 ? 0 : refusedTable.dropBeyond(destination, keptBytesMax)
    const spansRefused = refused.reduce((sum, batch) => sum + batch.spansRefused, 0)
    count.run(spansSent, spansRefused, dropped, destination)
  }

  const calls: DestinationTable = {
    openCursor(destination) {
      if (find.get(destination) === undefined) begin.run(destination)
      return find.get(destination) ?? { blockId: 0, spansDone: 0 }
    },
    saveCursor({ destination, cursor, outcome, keptBytesMax = Infinity }) {
      move.run(destination, cursor.blockId, cursor.spansDone)
      if (outcome !== undefined) settle(destination, outcome, keptBytesMax)
    },
    skipTo({ destination, choice, blockId }) {
      const cursor = find.get(destination)
      if (cursor === undefined) return 0
      const skipped = lagOf(cursor, choice, blockId)
      // Merged meanwhile: it is looked at again.
      if (skipped.at(-1)?.id !== blockId) return 0
      const spans = skipped.reduce((sum, block) => sum + block.spans, 0)
      move.run(destination, blockId, 0)
      countSkipped.run(spans, destination)
      return spans
    },
    markReplay: ({ destination, id }) => refusedTable.mark(destination, id),
    saveReplay({ destination, id, outcome }) {
      const { spansSent, refused } = outcome
      // Refused before and counted then; what a user dropped meanwhile stays dropped.
      if (refusedTable.drop(destination, id) > 0) refusedTable.setAside(destination, refused)
      count.run(spansSent, 0, 0, destination)
    },
    dropRefused: ({ destination, id }) => refusedTable.drop(destination, id),
    forgetDestination(destination) {
      refusedTable.drop(destination, undefined)
      forget.run(destination)
    },
  }
  return {
    openCursor: inOneCommit(db, calls.openCursor),
    saveCursor: inOneCommit(db, calls.saveCursor),
    skipTo: inOneCommit(db, calls.skipTo),
    markReplay: inOneCommit(db, calls.markReplay),
    saveReplay: inOneCommit(db, calls.saveReplay),
    dropRefused: inOneCommit(db, calls.dropRefused),
    forgetDestination: inOneCommit(db, calls.forgetDestination),
  }
}

function inOneCommit<Argument, Answer>(
  db: Database.Database,
  work: (argument: Argument) => Answer,
): (argument: Argument) => Answer {
  const run = db.transaction(work)
  return (argument) => run.immediate(argument)
}
