// Spans to an exporter in batches, in order, one at a time. What the exporter cannot deliver now is kept and tried
// again, within `queueSpansMax` spans: beyond it the oldest are dropped and counted. What the receiver refuses for
// good is counted and dropped at once, or it would stop everything behind it.
import { setTimeout as sleep } from 'node:timers/promises'
import { ExportResultCode, type ExportResult } from '@opentelemetry/core'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'

export type DeliveryCounts = {
  exported: number
  /** Refused by the receiver for good. */
  rejected: number
  /** Dropped because the queue was full, or undelivered at the end. */
  dropped: number
  /** Attempts that failed. */
  exportErrors: number
}

export type DeliveryOptions = {
  batchSpansMax?: number
  batchDelayMs?: number
  queueSpansMax?: number
  retryDelayMaxMs?: number
  onError: (error: Error, permanent: boolean) => void
}

const retryDelayFirstMs = 250

export class Delivery {
  readonly counts: DeliveryCounts = { exported: 0, rejected: 0, dropped: 0, exportErrors: 0 }
  private readonly queue: ReadableSpan[] = []
  private readonly exporter: SpanExporter
  private readonly options: Required<DeliveryOptions>
  private timer: NodeJS.Timeout | undefined
  private sending: Promise<void> | undefined
  private underWay = 0
  private closed = false
  private readonly giveUp = new AbortController()
  /** Ends the wait before the next attempt. */
  private readonly closing = new AbortController()

  constructor(exporter: SpanExporter, options: DeliveryOptions) {
    this.exporter = exporter
    this.options = {
      batchSpansMax: 512,
      batchDelayMs: 500,
      queueSpansMax: 100_000,
      retryDelayMaxMs: 5000,
      ...options,
    }
  }

  get queued(): number {
    return this.queue.length
  }

  push(span: ReadableSpan): void {
    this.queue.push(span)
    const excess = this.queue.length - this.options.queueSpansMax
    if (excess > 0) {
      this.queue.splice(0, excess)
      this.counts.dropped += excess
    }
    if (this.queue.length >= this.options.batchSpansMax) this.send()
    else this.timer ??= setTimeout(() => this.send(), this.options.batchDelayMs)
  }

  /** Sends what is queued, for at most `deadlineMs`; what is then left is counted as dropped. */
  async close(deadlineMs: number): Promise<void> {
    this.closing.abort()
    this.send()
    const deadline = AbortSignal.timeout(deadlineMs)
    deadline.addEventListener('abort', () => this.giveUp.abort())
    const aborted = new Promise<void>((resolve) => deadline.addEventListener('abort', () => resolve()))
    await Promise.race([this.sending, aborted])
    // A batch that is still under way may or may not arrive: what is not known to be delivered counts as dropped.
    this.counts.dropped += this.queue.length + this.underWay
    this.queue.length = 0
    this.closed = true
    await Promise.race([this.exporter.shutdown(), aborted])
  }

  private send(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.sending ??= this.drain().finally(() => {
      this.sending = undefined
    })
  }

  private async drain(): Promise<void> {
    let retryDelayMs = retryDelayFirstMs
    while (this.queue.length > 0 && !this.giveUp.signal.aborted) {
      const batch = this.queue.splice(0, this.options.batchSpansMax)
      this.underWay = batch.length
      const error = await this.export(batch)
      if (this.closed) return
      this.underWay = 0
      if (error === undefined) {
        this.counts.exported += batch.length
        retryDelayMs = retryDelayFirstMs
        continue
      }
      const permanent = isPermanent(error)
      this.options.onError(error, permanent)
      this.counts.exportErrors += 1
      if (permanent) {
        this.counts.rejected += batch.length
        continue
      }
      this.queue.unshift(...batch)
      await this.waitToRetry(retryDelayMs)
      retryDelayMs = Math.min(2 * retryDelayMs, this.options.retryDelayMaxMs)
    }
  }

  /** Once `close` was called there is no time for long waits. */
  private async waitToRetry(delayMs: number): Promise<void> {
    const isClosing = this.closing.signal.aborted
    const signal = isClosing ? this.giveUp.signal : AbortSignal.any([this.giveUp.signal, this.closing.signal])
    await sleep(isClosing ? retryDelayFirstMs : delayMs, undefined, { signal }).catch(() => undefined)
  }

  private export(batch: ReadableSpan[]): Promise<Error | undefined> {
    return new Promise((resolve) => {
      this.exporter.export(batch, (result: ExportResult) => {
        resolve(result.code === ExportResultCode.SUCCESS ? undefined : (result.error ?? new Error('unknown')))
      })
    })
  }
}

/** OTLP's rule: these may pass, and so may a receiver that is away (no status); every other status is final. */
const retryableStatus = new Set([429, 502, 503, 504])

/** The OTLP exporter's error carries the HTTP status as its code. */
function isPermanent(error: Error & { code?: unknown }): boolean {
  return typeof error.code === 'number' && !retryableStatus.has(error.code)
}
