// The only one that writes to the database while the service runs. In: chunks that share a commit, cursors, changes
// that the upkeep worked out; each call is one transaction, on disk when it returns. Runs on the writing thread.
import type Database from 'better-sqlite3'
import { StoreFault } from '../store.ts'
import type { Cursor } from '../store.ts'
import { createBlockTable } from './block-table.ts'
import type { Chunk } from './chunk.ts'
import { packChunk } from './packed-block.ts'

export type Writer = {
  /** Each chunk a block. Throws StoreFault `store_failed`: then nothing of them is kept. */
  commit: (chunks: readonly Chunk[]) => void
  /** Of a destination; a new one begins with what is committed from now on. */
  openCursor: (destination: string) => Cursor
  saveCursor: (saved: { destination: string; cursor: Cursor }) => void
}

export function createWriter(db: Database.Database): Writer {
  const table = createBlockTable(db)
  const insert = db.transaction((blocks: readonly ReturnType<typeof packChunk>[]) => {
    const storedMs = Date.now()
    for (const block of blocks) {
      table.insert(block, { id: undefined, firstId: undefined, storedMs, parts: undefined })
    }
  })
  const findCursor = db.prepare<[string], Cursor>(
    'SELECT block_id AS blockId, spans_done AS spansDone FROM cursors WHERE destination = ?',
  )
  const beginCursor = db.prepare(
    'INSERT INTO cursors (destination, block_id, spans_done) SELECT ?, coalesce(max(id), 0), 0 FROM blocks',
  )
  const saveCursor = db.prepare(
    `INSERT INTO cursors (destination, block_id, spans_done) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET block_id = excluded.block_id, spans_done = excluded.spans_done`,
  )
  return {
    commit(chunks) {
      try {
        insert.immediate(chunks.map(packChunk))
      } catch (error) {
        table.forget()
        throw failure(error)
      }
    },
    openCursor(destination) {
      if (findCursor.get(destination) === undefined) beginCursor.run(destination)
      return findCursor.get(destination) ?? { blockId: 0, spansDone: 0 }
    },
    saveCursor({ destination, cursor }) {
      saveCursor.run(destination, cursor.blockId, cursor.spansDone)
    },
  }
}

function failure(error: unknown): StoreFault {
  const reason = error instanceof Error ? error.message : String(error)
  return new StoreFault(
    'store_failed',
    `the spans could not be stored: ${reason}. Nothing of this request was kept; see that the disk of ` +
      'PROBESPAN_DB has space and works, then send it again.',
    { cause: error },
  )
}
