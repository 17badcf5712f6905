// Commits chunks: many requests in one transaction, on disk when it returns. In: a writing connection.
import type Database from 'better-sqlite3'
import { releaseMemory } from '../../released.ts'
import { StoreFault } from '../store.ts'
import type { BlockTable } from './block-table.ts'
import type { Chunk } from './chunk.ts'
import { packChunk } from './packed-block.ts'

export type Writer = {
  /** Each chunk a block. Throws StoreFault `store_failed`: then nothing of them is kept. */
  commit: (chunks: readonly Chunk[]) => void
}

export function createWriter(db: Database.Database, table: BlockTable): Writer {
  const insert = db.transaction((blocks: readonly ReturnType<typeof packChunk>[]) => {
    const storedMs = Date.now()
    for (const block of blocks) {
      table.insert(block, { id: undefined, firstId: undefined, storedMs, parts: undefined })
    }
  })
  return {
    commit(chunks) {
      try {
        const blocks = chunks.map(packChunk)
        insert.immediate(blocks)
        for (const { filter, columns, body, rollup, traceKeys } of blocks)
          for (const blob of [filter, columns, body, rollup, traceKeys]) if (blob) releaseMemory(blob)
      } catch (error) {
        table.forget()
        throw failure(error)
      }
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
