// Spans one by one to encoded batches: after `spansMax` spans or `delayMs` milliseconds, none above `bytesMax` bytes.
// A span that comes when none has gone out for so long waits for `quietDelayMs` only: as many batches, but what is rare is
// seen at once. A single span that is too large cannot be sent at all.
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { requestBytesMax, type EncodedBatch } from './encoded-batch.ts'
import { RequestEncoder } from './request-encoder.ts'

export type BatcherOptions = { spansMax: number; delayMs: number; quietDelayMs: number; bytesMax: number }

/** Few requests under load: at 20 ms for a round trip, 100,000 spans a second. */
export const batcherDefaults: BatcherOptions = {
  spansMax: 2048,
  delayMs: 500,
  quietDelayMs: 50,
  bytesMax: requestBytesMax,
}

export class Batcher {
  private readonly options: BatcherOptions
  private readonly onBatch: (batch: EncodedBatch) => void
  private readonly onOversized: () => void
  private readonly encoder = new RequestEncoder()
  private timer: NodeJS.Timeout | undefined
  private lastFlushMs = -Infinity

  constructor(options: BatcherOptions, onBatch: (batch: EncodedBatch) => void, onOversized: () => void) {
    this.options = options
    this.onBatch = onBatch
    this.onOversized = onOversized
  }

  /** Spans that are in no batch yet. */
  get size(): number {
    return this.encoder.spanCount
  }

  push(span: ReadableSpan): void {
    if (!this.fits(span)) {
      this.flush()
      if (!this.fits(span)) {
        this.onOversized()
        return
      }
    }
    if (this.size >= this.options.spansMax) this.flush()
    else this.timer ??= setTimeout(() => this.flush(), this.waitMs())
  }

  /** Makes a batch of what there is. */
  flush(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    const spanCount = this.size
    if (spanCount === 0) return
    this.lastFlushMs = performance.now()
    this.onBatch({ bytes: this.encoder.take(), spanCount })
  }

  private waitMs(): number {
    const { delayMs, quietDelayMs } = this.options
    return Math.max(quietDelayMs, this.lastFlushMs + delayMs - performance.now())
  }

  /** Adds the span where the batch then still has its size. */
  private fits(span: ReadableSpan): boolean {
    this.encoder.add(span)
    if (this.encoder.bytesMax <= this.options.bytesMax) return true
    this.encoder.dropLast()
    return false
  }
}
