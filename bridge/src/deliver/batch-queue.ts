// Encoded batches in memory, first in, first out, with how many spans and bytes they hold.
import type { EncodedBatch } from './encoded-batch.ts'

export type QueueBounds = { spansMax: number; bytesMax: number }

export class BatchQueue {
  spans = 0
  bytes = 0
  private readonly batches: EncodedBatch[] = []

  get first(): EncodedBatch | undefined {
    return this.batches[0]
  }

  push(batch: EncodedBatch): void {
    this.batches.push(batch)
    this.count(batch, 1)
  }

  /** Puts back what was taken and could not be sent. */
  unshift(batch: EncodedBatch): void {
    this.batches.unshift(batch)
    this.count(batch, 1)
  }

  shift(): EncodedBatch | undefined {
    const batch = this.batches.shift()
    if (batch) this.count(batch, -1)
    return batch
  }

  clear(): void {
    this.batches.length = 0
    this.spans = 0
    this.bytes = 0
  }

  isOver({ spansMax, bytesMax }: QueueBounds): boolean {
    return this.spans > spansMax || this.bytes > bytesMax
  }

  private count({ spanCount, bytes }: EncodedBatch, sign: 1 | -1): void {
    this.spans += sign * spanCount
    this.bytes += sign * bytes.length
  }
}
