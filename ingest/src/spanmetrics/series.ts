// Series by their labels, a bounded number of them: what comes beyond goes into one more, which stands for all of those.
// A series that nothing was added to for a while is forgotten. Times are Unix milliseconds, of when spans were stored.
import { edgeBuckets, spanBuckets } from './buckets.ts'
import { Histogram } from './histogram.ts'

export type Series = {
  labels: readonly string[]
  /** Since when it counts, and when something was last added. */
  startMs: number
  lastMs: number
}

export class SpanSeries implements Series {
  readonly labels: readonly string[]
  readonly startMs: number
  lastMs: number
  readonly latency = new Histogram(spanBuckets)
  bytes = 0

  constructor(labels: readonly string[], startMs: number) {
    this.labels = labels
    this.startMs = startMs
    this.lastMs = startMs
  }
}

export class EdgeSeries implements Series {
  readonly labels: readonly string[]
  readonly startMs: number
  lastMs: number
  failed = 0
  readonly server = new Histogram(edgeBuckets)
  readonly client = new Histogram(edgeBuckets)

  constructor(labels: readonly string[], startMs: number) {
    this.labels = labels
    this.startMs = startMs
    this.lastMs = startMs
  }
}

/** No sender can have it for a label. */
const separator = '\0'

export class SeriesTable<S extends Series> {
  readonly #make: (labels: readonly string[], startMs: number) => S
  readonly #max: number
  readonly #byLabels = new Map<string, S>()
  overflow: S | undefined
  /** Additions that went there, of all time. */
  overflowed = 0

  constructor(max: number, make: (labels: readonly string[], startMs: number) => S) {
    this.#max = max
    this.#make = make
  }

  get size(): number {
    return this.#byLabels.size
  }

  /** Those with labels of their own. */
  all(): Iterable<S> {
    return this.#byLabels.values()
  }

  /** To add so many things to. */
  of(labels: readonly string[], additions: number, nowMs: number): S {
    return this.at(labels.join(separator), () => labels, additions, nowMs)
  }

  /** The same by the labels' key: each of them, joined by a zero character. */
  at(key: string, labelsOf: () => readonly string[], additions: number, nowMs: number): S {
    let series = this.#byLabels.get(key)
    if (series === undefined) {
      if (this.#byLabels.size >= this.#max) return this.#overflow(additions, nowMs)
      series = this.#make(labelsOf(), nowMs)
      this.#byLabels.set(key, series)
    }
    series.lastMs = nowMs
    return series
  }

  /** As it was saved: also where the bound is lower now. */
  restore(series: S): void {
    this.#byLabels.set(series.labels.join(separator), series)
  }

  expire(beforeMs: number): void {
    for (const [key, { lastMs }] of this.#byLabels) if (lastMs < beforeMs) this.#byLabels.delete(key)
    if (this.overflow !== undefined && this.overflow.lastMs < beforeMs) this.overflow = undefined
  }

  #overflow(additions: number, nowMs: number): S {
    this.overflow ??= this.#make([], nowMs)
    this.overflow.lastMs = nowMs
    this.overflowed += additions
    return this.overflow
  }
}
