// The SQLite engine behind the store interface: one database file; a thread that writes, threads that read, and here
// only what passes between them and the callers. In: a path and the bound of the write queue in bytes; out: a Store.
import type { Store } from '../store.ts'
import { callsTo } from './calls.ts'
import { CommitQueue } from './commit-queue.ts'
import { prepareDatabase } from './database.ts'
import { createReaderPool } from './reader-pool.ts'
import { startThread } from './thread.ts'
import type { WriterCalls } from './writer-thread.ts'

/** Throws StoreUnusable. */
export function openSqliteStore(path: string, queueBytesMax: number): Store {
  prepareDatabase(path)
  const writing = startThread('./writer-thread.ts', 'writes the store', path)
  const write = callsTo<WriterCalls>(writing.worker)
  const readers = createReaderPool(path)
  const queue = new CommitQueue((chunks, moved) => write('commit', chunks, moved), queueBytesMax)
  return {
    append: (batch) => queue.append(batch),
    findTraces: (filter) => readers.ask('findTraces', filter),
    readTrace: (traceId) => readers.ask('readTrace', traceId),
    services: () => readers.ask('services', undefined),
    async blockAfter(blockId) {
      const block = await readers.ask('blockAfter', blockId)
      // Buffers come over as plain arrays.
      return block === undefined
        ? undefined
        : { ...block, body: Buffer.from(block.body.buffer, block.body.byteOffset, block.body.byteLength) }
    },
    cursor: (destination) => write('openCursor', destination),
    saveCursor: (destination, cursor) => write('saveCursor', { destination, cursor }),
    async close() {
      await queue.flush()
      await readers.close()
      writing.expectEnd()
      await write('close', undefined)
    },
  }
}
