// The SQLite engine behind the store interface: one database file; a thread that writes, threads that read, one that
// keeps order, and here only what passes between them and the callers. In: a path and bounds; out: a Store.
import type { JobRun } from '../job.ts'
import type { Retention } from '../retention.ts'
import type { Store } from '../store.ts'
import { callsTo } from './calls.ts'
import { CommitQueue } from './commit-queue.ts'
import { prepareDatabase } from './database.ts'
import { asBuffer, destinationCalls } from './destination-calls.ts'
import { createHolds } from './holds.ts'
import { questionCalls } from './query/question-calls.ts'
import { createReaderPool } from './reader-pool.ts'
import { startThread } from './thread.ts'
import { createUpkeepClient } from './upkeep-client.ts'
import type { WriterCalls } from './writer-thread.ts'

export type SqliteStoreOptions = {
  /** Without it everything is kept. */
  retention?: Retention
  /** The upkeep goes on later by itself. */
  onUpkeepFailed?: (reason: string) => void
  /** A job of the upkeep has done something. */
  onUpkeepDone?: (run: JobRun) => void
}

const heldOverStartMs = 120_000

const everything: Retention = { ageMs: undefined, bytes: undefined, rules: [] }

/** `queueBytesMax` bounds what waits to be written. Throws StoreUnusable. */
export function openSqliteStore(
  path: string,
  queueBytesMax: number,
  { retention = everything, onUpkeepFailed = () => {}, onUpkeepDone = () => {} }: SqliteStoreOptions = {},
): Store {
  prepareDatabase(path)
  const writing = startThread('./writer-thread.ts', 'writes the store', path)
  const write = callsTo<WriterCalls>(writing.worker)
  const readers = createReaderPool(path)
  const holds = createHolds()
  // Who followed the store before it was opened may go on.
  holds.hold(0, heldOverStartMs)
  const upkeep = createUpkeepClient({
    path,
    write,
    retention,
    holds: holds.memory,
    onFailed: onUpkeepFailed,
    onDone: onUpkeepDone,
  })
  const queue = new CommitQueue((chunks, moved) => write('commit', chunks, moved), queueBytesMax)
  return {
    append: (batch) => queue.append(batch),
    findTraces: (filter) => readers.ask('findTraces', filter),
    readTrace: (traceId) => readers.ask('readTrace', traceId),
    readSpan: (traceId, spanId) => readers.ask('readSpan', { traceId, spanId }),
    async skeletonAnswer(traceId) {
      const json = await readers.ask('skeletonAnswer', traceId)
      return json === undefined ? undefined : asBuffer(json)
    },
    async traceAnswer(traceId) {
      const json = await readers.ask('traceAnswer', traceId)
      return json === undefined ? undefined : asBuffer(json)
    },
    services: () => readers.ask('services', undefined),
    stats: () => readers.ask('stats', undefined),
    ...questionCalls(readers.ask),
    onCommit: (listener) => queue.onCommit(listener),
    async blockAfter(blockId) {
      const block = await readers.ask('blockAfter', blockId)
      return block === undefined ? undefined : { ...block, body: asBuffer(block.body) }
    },
    ...destinationCalls(readers.ask, write),
    holdPlace: (afterBlock, forMs) => holds.hold(afterBlock, forMs),
    compact: () => upkeep.compact(),
    async close() {
      await queue.flush()
      await readers.close()
      await upkeep.close()
      holds.close()
      writing.expectEnd()
      await write('close', undefined)
    },
  }
}
