// Spans to a receiver: encoded in batches, sent in order, one at a time. What cannot be delivered now waits in memory,
// or with a spool on disk, and goes before anything newer. What the receiver refuses for good is counted and let go,
// or it would stop everything behind it. The account closes at any time:
//   pushed + recovered = exported + refused + partlyRejected + dropped… + queuedSpans + spooledSpans
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { Batcher, batcherDefaults, type BatcherOptions } from './batcher.ts'
import { BatchQueue, type QueueBounds } from './batch-queue.ts'
import type { EncodedBatch } from './encoded-batch.ts'
import { errorText } from './error-code.ts'
import { Pause, within } from './pause.ts'
import { retryDelayMs, type RetryDelays } from './retry-delay.ts'
import type { Spool } from './spool/spool.ts'
import type { Outcome, Transport } from './transport.ts'

export type DeliveryCounts = {
  /** Spans of an earlier run that were found in the spool. */
  recovered: number
  exported: number
  /** In requests that the receiver refused for good. */
  refused: number
  /** That the receiver rejected out of requests which it took. */
  partlyRejected: number
  droppedQueueFull: number
  droppedSpoolFull: number
  /** Could not be read back from the spool. */
  droppedDamaged: number
  /** Larger than a request may be. */
  droppedOversized: number
  /** Undelivered at the end, without a spool. */
  droppedAtEnd: number
  /** Attempts that failed. */
  exportErrors: number
  /** Records of the spool that an earlier run had not finished writing. */
  tornRecords: number
}

export type DeliveryState = {
  queuedSpans: number
  queuedBytes: number
  spooledSpans: number
  spooledBytes: number
  hasSpool: boolean
  /** Of the last request that was taken, Unix milliseconds. */
  lastDeliveryMs?: number
  /** Why nothing is delivered at the moment: how the last attempt failed, and how many have in a row. */
  trouble?: { kind: 'away' | 'refused'; reason: string; attempts: number; sinceMs: number }
}

export type DeliveryEvents = {
  onOutcome(outcome: Outcome, spanCount: number): void
  /** The spool cannot be written; batches stay in memory. */
  onSpoolError(reason: string): void
}

export type DeliveryOptions = {
  batches: BatcherOptions
  /** In memory, without a spool or where it cannot be written. */
  queue: QueueBounds
  /** In memory, before the spool is used. */
  spill: QueueBounds
  retry: RetryDelays
  spool?: Spool
}

const mebibyte = 1024 * 1024
const defaults: DeliveryOptions = {
  batches: batcherDefaults,
  queue: { spansMax: 100_000, bytesMax: 64 * mebibyte },
  spill: { spansMax: 20_000, bytesMax: 8 * mebibyte },
  retry: { firstMs: 250, maxMs: 5000 },
}

/** What is being sent. The spool keeps what comes from it until it is settled. */
type Flight = { batch: EncodedBatch; isSpooled: boolean }

export class Delivery {
  private readonly transport: Transport
  private readonly events: DeliveryEvents
  private readonly options: DeliveryOptions
  private readonly spool: Spool | undefined
  private readonly batcher: Batcher
  /** Newer than everything in the spool. */
  private readonly queue = new BatchQueue()
  private readonly pause = new Pause()
  private readonly own = {
    exported: 0,
    refused: 0,
    partlyRejected: 0,
    droppedQueueFull: 0,
    droppedOversized: 0,
    droppedAtEnd: 0,
    exportErrors: 0,
  }
  private flight: Flight | undefined
  private trouble: DeliveryState['trouble']
  private lastDeliveryMs: number | undefined
  private sending: Promise<void> | undefined
  private isSending = false
  private phase: 'open' | 'closing' | 'closed' = 'open'

  constructor(transport: Transport, events: DeliveryEvents, options: Partial<DeliveryOptions> = {}) {
    this.transport = transport
    this.events = events
    this.options = { ...defaults, ...options }
    this.spool = this.options.spool
    this.batcher = new Batcher(
      this.options.batches,
      (batch) => this.enqueue(batch),
      () => (this.own.droppedOversized += 1),
    )
    if (this.spool?.isEmpty === false) this.send()
  }

  get counts(): DeliveryCounts {
    const spool = this.spool?.counts
    return {
      ...this.own,
      recovered: spool?.recovered ?? 0,
      droppedSpoolFull: spool?.overflowed ?? 0,
      droppedDamaged: spool?.damaged ?? 0,
      tornRecords: spool?.tornRecords ?? 0,
    }
  }

  get state(): DeliveryState {
    const { spool, lastDeliveryMs, trouble } = this
    return {
      queuedSpans: this.queuedSpans,
      queuedBytes: this.queue.bytes + (this.memoryFlight?.bytes.length ?? 0),
      spooledSpans: spool?.spans ?? 0,
      spooledBytes: spool?.bytes ?? 0,
      hasSpool: spool !== undefined,
      ...(lastDeliveryMs !== undefined && { lastDeliveryMs }),
      ...(trouble && { trouble }),
    }
  }

  /** Spans that are neither delivered nor given up. */
  get pending(): number {
    return this.queuedSpans + (this.spool?.spans ?? 0)
  }

  private get queuedSpans(): number {
    return this.batcher.size + this.queue.spans + (this.memoryFlight?.spanCount ?? 0)
  }

  /** What is under way and is not kept in the spool. */
  private get memoryFlight(): EncodedBatch | undefined {
    return this.flight?.isSpooled === false ? this.flight.batch : undefined
  }

  push(span: ReadableSpan): void {
    this.batcher.push(span)
  }

  /**
   * Sends what there is, for at most `deadlineMs`. What is then left stays in the spool for the next run, or is counted
   * as dropped: also what is under way, which may or may not arrive.
   */
  async close(deadlineMs: number): Promise<void> {
    this.phase = 'closing'
    this.batcher.flush()
    this.pause.end()
    if (this.trouble?.kind !== 'away' || !this.isAllOnDisk) await within(deadlineMs, this.sending)
    this.phase = 'closed'
    this.pause.cancel()
    this.spill()
    this.own.droppedAtEnd += this.queuedSpans
    this.queue.clear()
    this.flight = undefined
    this.spool?.close()
    this.transport.close()
  }

  private get isAllOnDisk(): boolean {
    return this.spool !== undefined && this.queuedSpans === 0
  }

  private enqueue(batch: EncodedBatch): void {
    if (this.phase === 'closed') {
      this.own.droppedAtEnd += batch.spanCount
      return
    }
    this.queue.push(batch)
    const isWaiting = this.trouble?.kind === 'away' || this.spool?.isEmpty === false
    if (isWaiting || this.queue.isOver(this.options.spill)) this.spill()
    while (this.queue.isOver(this.options.queue))
      this.own.droppedQueueFull += this.queue.shift()?.spanCount ?? 0
    this.send()
  }

  /** To disk, the oldest first: what is under way, then the queue. What the disk refuses stays in memory. */
  private spill(): void {
    const { spool, flight } = this
    if (!spool) return
    try {
      if (flight && !flight.isSpooled) {
        // It came from memory, so the spool was empty, and nothing was put there since.
        spool.adopt(flight.batch)
        flight.isSpooled = true
      }
      for (let { first } = this.queue; first; { first } = this.queue) {
        spool.append(first)
        this.queue.shift()
      }
    } catch (error) {
      this.events.onSpoolError(errorText(error))
    }
  }

  private send(): void {
    if (this.isSending || this.phase === 'closed') return
    this.isSending = true
    this.sending = this.drain()
  }

  private async drain(): Promise<void> {
    for (let flight = this.next(); flight; flight = this.next()) {
      this.flight = flight
      const outcome = await this.transport.send(flight.batch)
      if (this.isClosed()) return
      if (outcome.kind === 'away') this.putBack(flight)
      else if (flight.isSpooled) this.spool?.settle()
      this.flight = undefined
      this.account(outcome, flight.batch)
      this.events.onOutcome(outcome, flight.batch.spanCount)
      if (outcome.kind === 'away' && !(await this.mayRetry(outcome.retryAfterMs))) break
    }
    this.isSending = false
  }

  private isClosed(): boolean {
    return this.phase === 'closed'
  }

  private next(): Flight | undefined {
    const spooled = this.spool?.take()
    if (spooled) return { batch: spooled.batch, isSpooled: true }
    const batch = this.queue.shift()
    return batch && { batch, isSpooled: false }
  }

  private account(outcome: Outcome, { spanCount }: EncodedBatch): void {
    if (outcome.kind === 'taken') {
      this.own.exported += spanCount - outcome.rejectedSpans
      this.own.partlyRejected += outcome.rejectedSpans
      this.lastDeliveryMs = Date.now()
      this.trouble = undefined
    } else {
      this.own.exportErrors += 1
      if (outcome.kind === 'refused') this.own.refused += spanCount
      const { kind, reason } = outcome
      const before = this.trouble?.kind === kind ? this.trouble : { attempts: 0, sinceMs: Date.now() }
      this.trouble = { kind, reason, attempts: before.attempts + 1, sinceMs: before.sinceMs }
    }
  }

  /** It goes first again; with a spool it is safe there, and so is what waits behind it. */
  private putBack(flight: Flight): void {
    if (!flight.isSpooled) this.spill()
    if (flight.isSpooled) this.spool?.release()
    else this.queue.unshift(flight.batch)
  }

  /** Waits before the next attempt. False where there is nothing to be gained by one. */
  private async mayRetry(retryAfterMs: number | undefined): Promise<boolean> {
    if (this.phase === 'closing' && this.isAllOnDisk) return false
    const { retry } = this.options
    // Once `close` was called there is no time for long waits of our own; the receiver's wish still counts.
    const failures = this.phase === 'closing' ? 1 : (this.trouble?.attempts ?? 1)
    if (retryAfterMs !== undefined) await this.pause.imposed(retryAfterMs)
    else await this.pause.own(retryDelayMs(retry, failures, Math.random()))
    return !this.isClosed()
  }
}
