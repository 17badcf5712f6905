// A reading thread: a reader over its own connection, behind calls. In: the database's path as worker data.
import { parentPort, workerData } from 'node:worker_threads'
import { answerCalls } from './calls.ts'
import { connectReading } from './database.ts'
import { createReader } from './reader.ts'

const db = connectReading(String(workerData))

const calls = {
  ...createReader(db),
  close: (): void => {
    db.close()
    parentPort?.unref()
  },
}
export type ReaderCalls = typeof calls

if (parentPort !== null) answerCalls(parentPort, calls)
