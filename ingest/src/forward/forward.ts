// Passes stored spans on to one OTLP/HTTP destination. The store is the queue: the destination has a durable cursor in
// it, so nothing is held in memory and nothing is lost while it is away. At least once: a crash between an answer and
// the cursor sends a part again. Looks for new spans every `flushIntervalMs`.
import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { ForwardConfig } from '../config.ts'
import type { Counters } from '../counters.ts'
import type { Store } from '../store/store.ts'
import { backlog } from './backlog.ts'
import type { Part } from './backlog.ts'
import { deliver } from './delivery.ts'
import type { Delivery } from './delivery.ts'

export type Forward = {
  /** Breaks off what is under way; it is sent again after the next start. */
  close(): Promise<void>
}

export type ForwardParts = {
  config: ForwardConfig
  store: Pick<Store, 'blockAfter' | 'cursor' | 'saveCursor'>
  counters: Counters
  log: Logger
}

/** The cursor's name: one destination, which keeps its place when its address changes. */
const destination = 'otlp'
const firstWaitMs = 1_000
const waitMsMax = 60_000

export function startForward(parts: ForwardParts): Forward {
  const stop = new AbortController()
  const running = run(parts, stop.signal)
  return {
    async close() {
      stop.abort()
      await running
    },
  }
}

async function run(parts: ForwardParts, stopped: AbortSignal): Promise<void> {
  const { config, store, log } = parts
  while (!stopped.aborted) {
    try {
      const from = await store.cursor(destination)
      for await (const part of backlog(store, from, config.batchSpansMax)) {
        if (!(await deliverUntilSettled(parts, part, stopped))) return
        await store.saveCursor(destination, part.after)
      }
    } catch (error) {
      log.error({ err: error }, 'forwarding stumbled over the store; it goes on from its cursor')
    }
    await pause(config.flushIntervalMs, stopped)
  }
}

/** False when it was stopped before the destination had said yes or no. */
async function deliverUntilSettled(parts: ForwardParts, part: Part, stopped: AbortSignal): Promise<boolean> {
  const { config, counters, log } = parts
  for (let attempt = 0; ; attempt++) {
    const delivery = await deliver(config, part.body, stopped)
    if (delivery.outcome !== 'retry') {
      settle(parts, part, delivery)
      return true
    }
    if (stopped.aborted) return false
    const waitMs = Math.max(backoffMs(attempt), delivery.waitMs ?? 0)
    counters.forwardRetries++
    log.warn(
      { attempt, waitMs, reason: delivery.reason },
      'the destination takes no spans now; they stay stored',
    )
    await pause(waitMs, stopped)
    if (stopped.aborted) return false
  }
}

/** 1 s, 2 s, 4 s … 60 s. */
export function backoffMs(attempt: number): number {
  return Math.min(firstWaitMs * 2 ** attempt, waitMsMax)
}

function settle(
  { counters, log }: ForwardParts,
  { spanCount, after }: Part,
  delivery: Exclude<Delivery, { outcome: 'retry' }>,
): void {
  const refused = delivery.outcome === 'refused' ? spanCount : delivery.rejectedSpans
  counters.spansForwarded += spanCount - refused
  counters.spansUnforwardable += refused
  if (refused === 0) return
  const reason = delivery.outcome === 'refused' ? delivery.reason : delivery.message
  log.error({ spans: refused, after, reason }, 'the destination refused spans for good; they are skipped')
}

async function pause(ms: number, stopped: AbortSignal): Promise<void> {
  try {
    await setTimeout(ms, undefined, { signal: stopped })
  } catch {
    // Stopped: whoever waits looks at the signal.
  }
}
