// The writing thread, the only one that changes the database while the service runs: commits, cursors, and what the
// upkeep worked out, behind calls. In: the database's path as worker data.
import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { createBlockTable } from './block-table.ts'
import { answerCalls, Moved } from './calls.ts'
import { createChanges } from './changes.ts'
import type { Chunk } from './chunk.ts'
import { connectWriting } from './database.ts'
import { createDestinationTable } from './destination-table.ts'
import { createSpanMetricsTable } from './span-metrics-table.ts'
import { createWriter } from './writer.ts'

const db = connectWriting(String(workerData))
// Whoever needs a commit to be on disk sees to that beside this thread: log-flush.ts.
db.pragma('synchronous = NORMAL')
const table = createBlockTable(db)
const writer = createWriter(db, table)
const spanMetrics = createSpanMetricsTable(db)

const calls = {
  ...createDestinationTable(db),
  commit(chunks: readonly Chunk[]): Moved {
    // Buffers come over as plain arrays.
    writer.commit(chunks.map((chunk) => ({ ...chunk, body: Buffer.from(chunk.body.buffer) })))
    // Their buffers go back to be filled again.
    const buffers = chunks.map(({ body, heads }) => ({ body: new Uint8Array(body.buffer), heads }))
    return new Moved(
      buffers,
      buffers.flatMap(({ body, heads }) => [body.buffer, heads.buffer]),
    )
  },
  /** The upkeep's changes come on a port of their own, between commits. */
  serveUpkeep(port: MessagePort): void {
    answerCalls(port, createChanges(db, table))
  },
  /** So do span metrics, which are saved by the thread that counts. */
  serveSpanMetrics(port: MessagePort): void {
    answerCalls(port, spanMetrics)
  },
  forgetSpanMetrics: (): void => spanMetrics.forgetSpanMetrics(),
  close: (): void => {
    db.close()
    // Nothing holds the thread any more: it ends when the answer is sent.
    parentPort?.unref()
  },
}
export type WriterCalls = typeof calls

if (parentPort !== null) answerCalls(parentPort, calls)
