// A histogram of durations that adds up exactly, in whatever order and portions: whole counts, and a sum in seconds and
// nanoseconds. With each bucket goes the trace of one of its spans.
import { bucketOf } from './buckets.ts'
import type { Buckets } from './buckets.ts'

export type Exemplar = {
  /** Hex. */
  traceId: string
  seconds: number
  /** When its span came, Unix milliseconds. */
  unixMs: number
}

/** A newer trace takes the place of one that is so old, not earlier: most are never looked at. */
const exemplarKeptMs = 5_000
const nanosPerSecond = 1_000_000_000

export class Histogram {
  readonly buckets: Buckets
  readonly counts: Float64Array
  seconds = 0
  /** Below a second. */
  nanos = 0
  readonly exemplars: (Exemplar | undefined)[] = []

  constructor(buckets: Buckets) {
    this.buckets = buckets
    this.counts = new Float64Array(buckets.count + 1)
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0)
  }

  get sumSeconds(): number {
    return this.seconds + this.nanos / nanosPerSecond
  }

  observe(nano: number): number {
    const bucket = bucketOf(this.buckets, nano)
    this.addToBucket(bucket, 1)
    const seconds = Math.floor(nano / nanosPerSecond)
    this.addSum(seconds, nano - seconds * nanosPerSecond)
    return bucket
  }

  addToBucket(bucket: number, count: number): void {
    this.counts[bucket] = (this.counts[bucket] ?? 0) + count
  }

  /** `nanos` below 2^53. */
  addSum(seconds: number, nanos: number): void {
    const whole = Math.floor((this.nanos + nanos) / nanosPerSecond)
    this.seconds += seconds + whole
    this.nanos += nanos - whole * nanosPerSecond
  }

  wantsExemplar(bucket: number, nowMs: number): boolean {
    const known = this.exemplars[bucket]
    return known === undefined || nowMs - known.unixMs >= exemplarKeptMs
  }
}
