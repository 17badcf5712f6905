// Forwarding to one destination, by itself: follows the store from the destination's cursor, sends batch after batch,
// waits where it must, sets aside what is refused for good. The store is the queue, so that a destination that is away,
// slow or hanging costs one batch of memory and holds up nobody. At least once: what was under way is sent again.
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Counters } from '../counters.ts'
import { closeGraceMs } from '../limits.ts'
import type { Cursor, DestinationStore, Outcome } from '../store/destination-store.ts'
import type { JobRun } from '../store/job.ts'
import { backlog } from './backlog.ts'
import type { Destination } from './destination.ts'
import { deliverInHalves } from './halving.ts'
import type { Piece, Settled } from './halving.ts'
import { ForwardTurn } from './forward-turn.ts'
import { waitMs } from './retry-delay.ts'
import type { Delivery, Transport } from './transport.ts'

export type RunState = {
  /** `misconfigured`: it will have no spans at all until its key, address or protocol are put right. */
  state: 'running' | 'waiting' | 'misconfigured'
  /** Since the start. */
  retries: number
  /** Unix milliseconds. */
  lastError: { message: string; atMs: number } | undefined
  nextAttemptMs: number | undefined
}

export type RunParts = {
  destination: Destination
  transport: Transport
  store: DestinationStore
  counters: Counters
  log: Logger
  /** A turn has sent something, or begins to fail. */
  onRun: (run: JobRun) => void
}

/** gRPC receivers take 4 MiB unless set otherwise; resources around spans come on top. */
const batchBytesMax = 3 * 2 ** 20
/** Below this it is not the size of the batch. */
const batchBytesMin = 64 * 2 ** 10
/** Of one batch that the destination fails at, before it is taken for refused: a quarter of a minute. */
const failuresMax = 4
/** A commit a batch would be thousands a second; as much is sent again after a crash. */
const saveEveryMs = 250
/** Replays, and what is too old, are looked at so often while there is a backlog. */
const turnMs = 5_000

const nothingDone = (): Outcome => ({ spansSent: 0, refused: [] })

export class DestinationRun {
  readonly state: RunState = {
    state: 'running',
    retries: 0,
    lastError: undefined,
    nextAttemptMs: undefined,
  }
  readonly #parts: RunParts
  readonly #ending = new AbortController()
  readonly #breakingOff = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #bytesMax = batchBytesMax
  /** Done, but not saved yet. */
  #unsaved: (Outcome & { cursor: Cursor }) | undefined
  #savedMs = 0
  readonly #turn: ForwardTurn

  constructor(parts: RunParts) {
    this.#parts = parts
    this.#turn = new ForwardTurn(parts.destination.name, parts.onRun)
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Lets the request that is under way end, at most `closeGraceMs` long. */
  async close(): Promise<void> {
    this.#ending.abort()
    const timer = setTimeout(() => this.#breakingOff.abort(), closeGraceMs)
    await this.#running
    clearTimeout(timer)
    this.#parts.transport.close()
  }

  get #isEnding(): boolean {
    return this.#ending.signal.aborted
  }

  async #run(): Promise<void> {
    const { destination, log } = this.#parts
    while (!this.#isEnding) {
      try {
        const isReplaying = await this.#sendReplays()
        if ((await this.#sendBacklog()) || isReplaying) continue
      } catch (error) {
        this.#note(error instanceof Error ? error.message : String(error))
        log.error(
          { err: error, destination: destination.name },
          'forwarding stumbled over the store; it goes on from its cursor',
        )
      }
      await this.#pause(destination.flushIntervalMs)
    }
  }

  /** Whether there is more to do at once. */
  async #sendBacklog(): Promise<boolean> {
    const { destination, store } = this.#parts
    const { name, choice, batchSpansMax: spansMax } = destination
    const turnEndMs = performance.now() + turnMs
    const bytesMax = this.#bytesMax
    this.#turn.begin()
    await this.#skipOldest()
    try {
      for await (const part of backlog(store, await store.cursor(name), choice, { spansMax, bytesMax })) {
        let outcome = nothingDone()
        if (part.spanCount > 0) {
          const skipped = { isSo: false }
          const found = await this.#deliver(part, async () => {
            await this.#save()
            skipped.isSo = (await this.#skipOldest()) > 0
            return skipped.isSo
          })
          if (found === undefined) return skipped.isSo
          outcome = found
        }
        await this.#settle(part.after, outcome)
        if (this.#isEnding) return false
        // A turn has ended, or batches are to be smaller from now on.
        if (performance.now() > turnEndMs || this.#bytesMax < bytesMax) return true
      }
      return false
    } finally {
      await this.#save()
      this.#turn.end()
    }
  }

  /** Whether there are more. */
  async #sendReplays(): Promise<boolean> {
    const { destination, store, counters } = this.#parts
    const turnEndMs = performance.now() + turnMs
    while (!this.#isEnding && performance.now() < turnEndMs) {
      const batch = await store.nextReplay(destination.name)
      if (batch === undefined) return false
      const outcome = await this.#deliver(batch, async () => {
        await this.#skipOldest()
        return false
      })
      if (outcome === undefined) return false
      // Of a batch of which only some were refused, the others had been sent before.
      const spansSent = Math.min(outcome.spansSent, batch.spansRefused)
      counters.spansForwarded += spansSent
      await store.saveReplay(destination.name, batch.id, { ...outcome, spansSent })
    }
    return true
  }

  /** Undefined where it was broken off: at the end, or because `isSkipped` after a wait. */
  async #deliver(batch: Piece, isSkipped: () => Promise<boolean>): Promise<Outcome | undefined> {
    let failures = 0
    return deliverInHalves(batch, async (piece) => {
      for (let attempt = 0; !this.#isEnding; attempt++) {
        const delivery = await this.#parts.transport.send(piece.body, this.#breakingOff.signal)
        if (delivery.verdict === 'failed') failures++
        const settled = this.#settledBy(delivery, piece, failures)
        if (settled !== undefined || this.#isEnding) return settled
        await this.#waitAfter(delivery, attempt)
        if (!this.#isEnding && (await isSkipped())) return undefined
      }
      return undefined
    })
  }

  /** Undefined: it is to be sent again. */
  #settledBy(delivery: Delivery, piece: Piece, failures: number): Settled | undefined {
    if (delivery.verdict === 'taken') {
      Object.assign(this.state, { state: 'running', nextAttemptMs: undefined })
      return delivery
    }
    const { verdict, reason } = delivery
    this.#note(reason)
    if (verdict === 'too_large' && piece.spanCount > 1) {
      this.#bytesMax = Math.max(batchBytesMin, Math.min(this.#bytesMax, Math.floor(piece.body.length / 2)))
    }
    if (verdict === 'too_large') return { verdict, reason }
    return verdict === 'refused' || failures > failuresMax ? { verdict: 'refused', reason } : undefined
  }

  async #waitAfter(delivery: Delivery, attempt: number): Promise<void> {
    if (delivery.verdict === 'taken') return
    const { destination, counters, log } = this.#parts
    if (attempt === 0) this.#turn.end(delivery.reason)
    const ms = waitMs(attempt, delivery.waitMs, Math.random())
    counters.forwardRetries++
    this.state.retries++
    this.state.state = delivery.verdict === 'misconfigured' ? 'misconfigured' : 'waiting'
    this.state.nextAttemptMs = Date.now() + ms
    log.warn(
      { destination: destination.name, attempt, waitMs: Math.round(ms), reason: delivery.reason },
      delivery.verdict === 'misconfigured'
        ? 'the destination will have no spans as it is configured here; they stay stored'
        : 'the destination takes no spans now; they stay stored',
    )
    await this.#pause(ms)
  }

  async #settle(cursor: Cursor, { spansSent, refused }: Outcome): Promise<void> {
    const { destination, counters, log } = this.#parts
    const before = this.#unsaved ?? nothingDone()
    this.#unsaved = {
      cursor,
      spansSent: before.spansSent + spansSent,
      refused: [...before.refused, ...refused],
    }
    counters.spansForwarded += spansSent
    const spansRefused = refused.reduce((sum, batch) => sum + batch.spansRefused, 0)
    this.#turn.add('spans.sent', spansSent)
    this.#turn.add('spans.refused', spansRefused)
    if (spansRefused > 0) {
      counters.spansUnforwardable += spansRefused
      log.error(
        { destination: destination.name, spans: spansRefused, reason: refused[0]?.reason },
        'the destination refused spans for good; they are set aside',
      )
    }
    if (spansRefused > 0 || performance.now() - this.#savedMs > saveEveryMs) await this.#save()
  }

  async #save(): Promise<void> {
    const unsaved = this.#unsaved
    if (unsaved === undefined) return
    const { name, refusedBytesMax } = this.#parts.destination
    // Not tried again if it fails: then all of it is sent again, from the cursor that is stored.
    this.#unsaved = undefined
    await this.#parts.store.saveCursor(name, unsaved.cursor, unsaved, refusedBytesMax)
    this.#savedMs = performance.now()
  }

  async #skipOldest(): Promise<number> {
    const { destination, store, counters, log } = this.#parts
    const { name, choice, lagLimit } = destination
    if (Object.values(lagLimit).every((limit) => limit === undefined)) return 0
    const spans = await store.skipOldest(name, choice, lagLimit, Date.now())
    if (spans > 0) {
      this.#turn.add('spans.skipped', spans)
      counters.spansSkipped += spans
      log.error(
        { destination: name, spans },
        'the destination is too far behind: the oldest spans are skipped',
      )
    }
    return spans
  }

  #note(message: string): void {
    this.state.lastError = { message, atMs: Date.now() }
  }

  async #pause(ms: number): Promise<void> {
    try {
      await wait(ms, undefined, { signal: this.#ending.signal })
    } catch {
      // It ends: whoever waits looks at that.
    }
  }
}
