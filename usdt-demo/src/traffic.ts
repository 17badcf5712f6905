// Sends planned requests to a shop and counts its answers by status. In: URL, how many, how many at a time, a seed.
// Out: counts. The i-th request is the same for the same seed. Bounds: 10 s a request; 50 in a row without any answer
// end the run with an error.
import { setTimeout as sleep } from 'node:timers/promises'
import { OperationalError } from './operational-error.ts'
import { seededRandom } from './random.ts'
import { planRequest } from './traffic-plan.ts'
import type { PlannedRequest } from './traffic-plan.ts'

const requestTimeoutMs = 10_000
const unansweredInRowMax = 50
const pauseAfterUnansweredMs = 100
const ms = 1_000

export interface TrafficOptions {
  url: string
  /** Infinity: until `signal` aborts. */
  requests: number
  concurrency: number
  seed: number
  /** Stops sending; requests already sent are waited for. */
  signal: AbortSignal
  ratePerSecond?: number | undefined
  onProgress?: (counts: TrafficCounts) => void
}

export interface TrafficCounts {
  sent: number
  /** By HTTP status; `unanswered` counts connections that failed. The sum is `sent` once the run is over. */
  byStatus: Record<string, number>
}

/** Throws an OperationalError if the shop does not answer any longer. */
export async function runTraffic(options: TrafficOptions): Promise<TrafficCounts> {
  const { requests, concurrency, seed, signal, ratePerSecond } = options
  const random = seededRandom(seed)
  const counts: TrafficCounts = { sent: 0, byStatus: {} }
  const startMs = performance.now()
  let unansweredInRow = 0
  let planned = 0

  async function sendInTurn(): Promise<void> {
    while (planned < requests && !signal.aborted && unansweredInRow < unansweredInRowMax) {
      const index = planned++
      const request = planRequest(random)
      if (ratePerSecond !== undefined) await sleepUntil(startMs + (index * ms) / ratePerSecond, signal)
      if (signal.aborted) return
      counts.sent += 1
      const status = await send(options.url, request)
      unansweredInRow = status === undefined ? unansweredInRow + 1 : 0
      const outcome = status ?? 'unanswered'
      counts.byStatus[outcome] = (counts.byStatus[outcome] ?? 0) + 1
      options.onProgress?.(counts)
      if (status === undefined) await sleepUntil(performance.now() + pauseAfterUnansweredMs, signal)
    }
  }

  await Promise.all(Array.from({ length: Math.min(concurrency, requests) }, sendInTurn))
  if (unansweredInRow >= unansweredInRowMax)
    throw new OperationalError(
      `No answer from ${options.url} to ${unansweredInRow} requests in a row. Is the shop running there?`,
    )
  return counts
}

/** The answer's status; undefined if there was none. The body is read, so that the connection is kept alive. */
async function send(
  url: string,
  { method, path, body, traceparent }: PlannedRequest,
): Promise<number | undefined> {
  try {
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(traceparent === undefined ? {} : { traceparent }),
      },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    })
    await response.arrayBuffer()
    return response.status
  } catch {
    return undefined
  }
}

async function sleepUntil(timeMs: number, signal: AbortSignal): Promise<void> {
  const delayMs = timeMs - performance.now()
  if (delayMs <= 0) return
  try {
    await sleep(delayMs, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
