// A reading thread: a reader over its own connection, behind calls. In: the database's path as worker data.
import { parentPort, workerData } from 'node:worker_threads'
import { answerCalls } from './calls.ts'
import { connectReading } from './database.ts'
import { createReader } from './reader.ts'
import { createTraceJson } from './trace-json.ts'

const db = connectReading(String(workerData))

const reader = createReader(db)
const text = new TextEncoder()

const calls = {
  ...reader,
  traceBytes(traceId: string): Uint8Array<ArrayBuffer> | undefined {
    const bytes = reader.traceBytes(traceId)
    // As an array it moves, as a Buffer it would be copied.
    return bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  },
  traceJson: createTraceJson(reader),
  traceAnswer(traceId: string): Uint8Array<ArrayBuffer> | undefined {
    const spans = reader.readTrace(traceId)
    return spans === undefined ? undefined : text.encode(JSON.stringify({ traceId, spans }))
  },
  skeletonAnswer(traceId: string): Uint8Array<ArrayBuffer> | undefined {
    const spans = reader.readSkeleton(traceId)
    return spans === undefined ? undefined : text.encode(JSON.stringify({ traceId, spans }))
  },
  close: (): void => {
    db.close()
    parentPort?.unref()
  },
}
export type ReaderCalls = typeof calls

if (parentPort !== null) answerCalls(parentPort, calls)
