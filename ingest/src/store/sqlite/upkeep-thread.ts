// The upkeep's thread: rounds of upkeep with pauses between them. In: worker data; out: calls to the writing thread. What
// fails is told as a message and tried again: without upkeep the store goes on, larger and slower.
import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import type { Retention } from '../retention.ts'
import type { CompactDone } from '../store.ts'
import { answerCalls, callsTo } from './calls.ts'
import { askChanges } from './changes.ts'
import type { Changes } from './changes.ts'
import { connectCheckpointing, connectReading } from './database.ts'
import { createUpkeep, noFreePages, usualFreePages } from './upkeep.ts'

export type UpkeepData = { path: string; writer: MessagePort; retention: Retention }
export type UpkeepFailed = { upkeepFailed: string }

const mergeEveryMs = 1_000
const expireEveryMs = 30_000
/** A full disk does not get better within a second. */
const afterFailureMs = 30_000

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what sqlite-store.ts gives
const { path, writer, retention } = workerData as UpkeepData
const db = connectReading(path)
const checkpointing = connectCheckpointing(path)
const upkeep = createUpkeep(db, askChanges(callsTo<Changes>(writer)), retention)
let ending = false
let expiredMs = 0
let timer: NodeJS.Timeout
/** One at a time: two rounds would work out the same changes. */
let last: Promise<unknown> = Promise.resolve()

function afterLast<T>(work: () => Promise<T>): Promise<T> {
  const next = last.then(work)
  last = next.catch(() => {})
  return next
}

async function round(): Promise<void> {
  const nowMs = Date.now()
  if (nowMs - expiredMs >= expireEveryMs) {
    expiredMs = nowMs
    await upkeep.expire(nowMs)
    await upkeep.giveBack(usualFreePages)
  }
  await upkeep.merge(() => ending)
  // Commits go on meanwhile; and when the log is full, the writer has hardly anything left to write back.
  checkpointing.pragma('wal_checkpoint(PASSIVE)')
}

function runAfter(ms: number): void {
  timer = setTimeout(() => void runOne(), ms)
}

async function runOne(): Promise<void> {
  let waitMs = mergeEveryMs
  try {
    await afterLast(round)
  } catch (error) {
    const failed: UpkeepFailed = { upkeepFailed: error instanceof Error ? error.message : String(error) }
    if (!ending) parentPort?.postMessage(failed, [])
    waitMs = afterFailureMs
  }
  if (!ending) runAfter(waitMs)
}

const calls = {
  compact: (): Promise<CompactDone> =>
    afterLast(async () => {
      const blocksExpired = await upkeep.expire(Date.now())
      const merged = await upkeep.merge()
      return { blocksExpired, ...merged, pagesGivenBack: await upkeep.giveBack(noFreePages) }
    }),
  close: async (): Promise<void> => {
    ending = true
    clearTimeout(timer)
    await last
    db.close()
    checkpointing.close()
    writer.close()
    parentPort?.unref()
  },
}
export type UpkeepCalls = typeof calls

if (parentPort !== null) {
  answerCalls(parentPort, calls)
  runAfter(mergeEveryMs)
}
