// The store's part for destinations, as calls to the threads: what changes goes to the one that writes, the rest to those
// that read. In: ways to ask them; out: the methods of DestinationStore.
import type { DestinationStore, RefusedBatch } from '../destination-store.ts'
import type { Caller } from './calls.ts'
import type { ReaderCalls } from './reader-thread.ts'
import type { WriterCalls } from './writer-thread.ts'

/** `write` is answered when what it changed is on disk. */
export function destinationCalls(ask: Caller<ReaderCalls>, write: Caller<WriterCalls>): DestinationStore {
  return {
    cursor: (destination) => write('openCursor', destination),
    saveCursor: (destination, cursor, outcome, keptBytesMax) =>
      write('saveCursor', { destination, cursor, outcome, keptBytesMax }),
    async spansAfter(cursor, choice) {
      const found = await ask('spansAfter', { cursor, choice })
      return found && { ...found, body: asBuffer(found.body) }
    },
    async skipOldest(destination, choice, limit, nowMs) {
      const blockId = await ask('lastToSkip', { destination, choice, limit, nowMs })
      return blockId === undefined ? 0 : write('skipTo', { destination, choice, blockId })
    },
    destinations: (choices = {}) => ask('destinations', choices),
    async refusedBatches(destination, afterId, limit) {
      return (await ask('refusedBatches', { destination, afterId, limit })).map(withBuffer)
    },
    markReplay: (destination, id) => write('markReplay', { destination, id }),
    async nextReplay(destination) {
      const found = await ask('nextReplay', destination)
      return found && withBuffer(found)
    },
    saveReplay: (destination, id, outcome) => write('saveReplay', { destination, id, outcome }),
    dropRefused: (destination, id) => write('dropRefused', { destination, id }),
    forgetDestination: (destination) => write('forgetDestination', destination),
  }
}

/** Buffers come over from other threads as plain arrays. */
export function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

const withBuffer = (batch: RefusedBatch): RefusedBatch => ({ ...batch, body: asBuffer(batch.body) })
