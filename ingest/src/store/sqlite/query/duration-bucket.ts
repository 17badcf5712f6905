// Durations in buckets of an eighth of an octave: bucket b holds those above 2^((b-1)/8) and up to 2^(b/8) nanoseconds, so
// that every power of two is a border. Bucket 0 holds all up to one nanosecond, negative ones too. Pure.

export const bucketsPerOctave = 8
export const bucketsMax = 63 * bucketsPerOctave + 1

export function bucketOf(nano: number): number {
  return nano <= 1 ? 0 : Math.ceil(Math.log2(nano) * bucketsPerOctave)
}

/** Nanoseconds, inclusive. */
export const bucketUpTo = (bucket: number): number => 2 ** (bucket / bucketsPerOctave)

const grownBy = 32

/** Counts by bucket, for quantiles. Grows to the buckets that are used. */
export class DurationCounts {
  #first = 0
  #counts = new Float64Array(0)
  total = 0

  /** Buckets and their counts, those from `start` up to `end`; ascending. */
  add(buckets: Uint16Array, counts: Uint16Array, start: number, end: number): void {
    if (start >= end) return
    this.#hold(buckets[start] ?? 0, buckets[end - 1] ?? 0)
    for (let at = start; at < end; at++) {
      const place = (buckets[at] ?? 0) - this.#first
      const count = counts[at] ?? 0
      this.#counts[place] = (this.#counts[place] ?? 0) + count
      this.total += count
    }
  }

  addOne(bucket: number, count: number): void {
    this.#hold(bucket, bucket)
    const place = bucket - this.#first
    this.#counts[place] = (this.#counts[place] ?? 0) + count
    this.total += count
  }

  addAll(other: DurationCounts): void {
    if (other.#counts.length === 0) return
    this.#hold(other.#first, other.#first + other.#counts.length - 1)
    const shift = other.#first - this.#first
    for (let at = 0; at < other.#counts.length; at++) {
      this.#counts[at + shift] = (this.#counts[at + shift] ?? 0) + (other.#counts[at] ?? 0)
    }
    this.total += other.total
  }

  #hold(least: number, most: number): void {
    const end = this.#first + this.#counts.length
    if (least >= this.#first && most < end) return
    const isNew = this.#counts.length === 0
    const first = Math.max(0, Math.min(least, isNew ? least : this.#first))
    const grown = new Float64Array(Math.max(most + 1, isNew ? 0 : end) - first + grownBy)
    if (!isNew) grown.set(this.#counts, this.#first - first)
    this.#first = first
    this.#counts = grown
  }

  /** Nanoseconds, interpolated in its bucket; 0 of none. `part` from 0 to 1. */
  quantile(part: number): number {
    let left = part * this.total
    for (const [at, count] of this.#counts.entries()) {
      if (count > 0 && left <= count) {
        const bucket = this.#first + at
        if (bucket === 0) return 1
        const from = bucketUpTo(bucket - 1)
        return from + (bucketUpTo(bucket) - from) * (left / count)
      }
      left -= count
    }
    return 0
  }
}
