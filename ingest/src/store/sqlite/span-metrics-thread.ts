// The thread that counts: follows the stored blocks all the time, saves now and then, and tells what was counted when it
// is asked. In: worker data; out: calls to the writing thread, metrics as text or as families. Writing never waits for it.
import { setImmediate } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import type { Family } from '../../spanmetrics/families.ts'
import type { SpanMetricsSettings } from '../../spanmetrics/span-metrics.ts'
import { textOf } from '../../spanmetrics/text.ts'
import type { Format } from '../../spanmetrics/text.ts'
import { createBlockReader } from './block-reader.ts'
import { answerCalls, callsTo } from './calls.ts'
import { Counting } from './counting.ts'
import { connectReading } from './database.ts'
import { LogFlush, onDisk } from './log-flush.ts'
import type { SpanMetricsTable } from './span-metrics-table.ts'

export type SpanMetricsData = { path: string; writer: MessagePort; settings: SpanMetricsSettings }
export type CountingFailed = { countingFailed: string }

/** Blocks that come meanwhile are counted together; small ones may be merged by then, and cost less. */
const roundEveryMs = 1_000
const saveEveryMs = 5_000
const afterFailureMs = 5_000

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what sqlite-store.ts gives
const { path, writer, settings } = workerData as SpanMetricsData
const db = connectReading(path)
const log = new LogFlush(path)
const ask = onDisk(callsTo<SpanMetricsTable>(writer), log)
const counting = await Counting.open(db, createBlockReader(db), settings, ask)
/** What was stored when this began must be counted before anything is told: only then is it what it was before. */
const firstTarget = counting.lastBlock
const text = new TextEncoder()
let isReady = false
let ending = false
let savedMs = performance.now()
let timer: NodeJS.Timeout | undefined

/** Until nothing is left of what was stored when it began, or until then. */
async function catchUp(untilMs: number): Promise<void> {
  const target = counting.lastBlock
  while (counting.countedBlock < target && performance.now() < untilMs && counting.next()) {
    // Questions come in between.
    await setImmediate()
  }
  // The last one of then may be gone, or be part of another.
  isReady ||= counting.countedBlock >= firstTarget || counting.countedBlock >= counting.lastBlock
  if (counting.countedBlock >= counting.lastBlock) counting.settle(Date.now())
}

async function round(): Promise<void> {
  let waitMs = roundEveryMs
  try {
    await catchUp(performance.now() + saveEveryMs)
    if (performance.now() - savedMs >= saveEveryMs) {
      savedMs = performance.now()
      await counting.save()
    }
    if (counting.countedBlock < counting.lastBlock) waitMs = 0
  } catch (error) {
    const failed: CountingFailed = { countingFailed: error instanceof Error ? error.message : String(error) }
    if (!ending) parentPort?.postMessage(failed, [])
    waitMs = afterFailureMs
  }
  if (!ending) timer = setTimeout(() => void round(), waitMs)
}

/** Why nothing can be told yet, or what can. */
async function told<T>(waitMs: number, tell: (families: Family[]) => T): Promise<T | string> {
  try {
    await catchUp(performance.now() + waitMs)
    if (isReady) return tell(await counting.saved())
  } catch (error) {
    return `counting stumbled: ${error instanceof Error ? error.message : String(error)}`
  }
  const counted = counting.countedBlock
  return `spans that were stored before the start are being counted, up to block ${counted} of ${firstTarget}`
}

const calls = {
  /** A string: why there is nothing yet. */
  text: ({ format, waitMs }: { format: Format; waitMs: number }): Promise<Uint8Array<ArrayBuffer> | string> =>
    told(waitMs, (families) => text.encode(textOf(families, format))),
  otlp: async (waitMs: number): Promise<Uint8Array<ArrayBuffer>[] | string> => {
    // Only where it is wanted: the encoder takes some megabytes.
    const { otlpOf } = await import('../../spanmetrics/otlp-metrics.ts')
    return told(waitMs, (families) => otlpOf(families, Date.now()))
  },
  /** What is stored now is counted and saved, if that takes no longer. */
  settle: async (waitMs: number): Promise<void> => {
    await catchUp(performance.now() + waitMs)
    await counting.save()
  },
  close: async (): Promise<void> => {
    ending = true
    clearTimeout(timer)
    try {
      await counting.save()
    } finally {
      await log.close()
      db.close()
      writer.close()
      parentPort?.unref()
    }
  },
}
export type SpanMetricsCalls = typeof calls

if (parentPort !== null) {
  answerCalls(parentPort, calls)
  timer = setTimeout(() => void round(), 0)
}
