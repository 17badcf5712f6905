// The upkeep's thread: rounds of upkeep with pauses between them. In: worker data; out: calls to the writing thread. What
// fails is told as a message and tried again: without upkeep the store goes on, larger and slower.
import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import type { JobRun } from '../job.ts'
import type { Retention } from '../retention.ts'
import type { CompactDone } from '../store.ts'
import { answerCalls, callsTo } from './calls.ts'
import { askChanges } from './changes.ts'
import type { Changes } from './changes.ts'
import { connectCheckpointing, connectReading } from './database.ts'
import { createUpkeep, noFreePages, usualFreePages } from './upkeep.ts'

export type UpkeepData = { path: string; writer: MessagePort; retention: Retention }
export type UpkeepFailed = { upkeepFailed: string }
/** A job that did something. */
export type UpkeepDid = { upkeepDid: JobRun }

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
    await told('retention', async () => {
      const { blocks, blocksOfOthers } = await upkeep.expire(nowMs)
      return blocksOfOthers > 0 && { 'blocks.taken': blocks }
    })
    await told('give_back', async () => {
      const pages = await upkeep.giveBack(usualFreePages)
      return pages > 0 && { 'pages.given_back': pages }
    })
  }
  await told('merge', async () => {
    const { merges, indexMerges } = await upkeep.merge(() => ending)
    return merges + indexMerges > 0 && { 'blocks.merges': merges, 'index.merges': indexMerges }
  })
  // Commits go on meanwhile; and when the log is full, the writer has hardly anything left to write back.
  checkpointing.pragma('wal_checkpoint(PASSIVE)')
}

/** `work` gives what it did, or false for nothing. */
async function told(name: JobRun['name'], work: () => Promise<JobRun['counts'] | false>): Promise<void> {
  const startMs = performance.now()
  const counts = await work()
  if (counts === false || ending) return
  const durationMs = performance.now() - startMs
  const did: UpkeepDid = { upkeepDid: { name, startUnixMs: Date.now() - durationMs, durationMs, counts } }
  parentPort?.postMessage(did, [])
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
      const { blocks: blocksExpired } = await upkeep.expire(Date.now())
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
