// Spans one by one to encoded batches: after `spansMax` spans or `delayMs` milliseconds, none above `bytesMax` bytes.
// What would be larger goes as halves; a single span that is larger cannot be sent at all.
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { requestBytesMax, type EncodedBatch } from './encoded-batch.ts'
import { SpanEncoder } from './span-encoder.ts'

export type BatcherOptions = { spansMax: number; delayMs: number; bytesMax: number }

/** Few requests under load: at 20 ms for a round trip, 100,000 spans a second. */
export const batcherDefaults: BatcherOptions = { spansMax: 2048, delayMs: 500, bytesMax: requestBytesMax }

export class Batcher {
  private readonly options: BatcherOptions
  private readonly onBatch: (batch: EncodedBatch) => void
  private readonly onOversized: () => void
  private readonly encoder = new SpanEncoder()
  private spans: ReadableSpan[] = []
  private timer: NodeJS.Timeout | undefined

  constructor(options: BatcherOptions, onBatch: (batch: EncodedBatch) => void, onOversized: () => void) {
    this.options = options
    this.onBatch = onBatch
    this.onOversized = onOversized
  }

  /** Spans that are in no batch yet. */
  get size(): number {
    return this.spans.length
  }

  push(span: ReadableSpan): void {
    this.spans.push(span)
    if (this.spans.length >= this.options.spansMax) this.flush()
    else this.timer ??= setTimeout(() => this.flush(), this.options.delayMs)
  }

  /** Makes a batch of what there is. */
  flush(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    const { spans } = this
    this.spans = []
    if (spans.length > 0) this.encode(spans)
  }

  private encode(spans: readonly ReadableSpan[]): void {
    const bytes = this.encoder.encodeWithin(spans, this.options.bytesMax)
    if (bytes) {
      this.onBatch({ bytes, spanCount: spans.length })
    } else if (spans.length === 1) {
      this.onOversized()
    } else {
      const half = Math.ceil(spans.length / 2)
      this.encode(spans.slice(0, half))
      this.encode(spans.slice(half))
    }
  }
}
