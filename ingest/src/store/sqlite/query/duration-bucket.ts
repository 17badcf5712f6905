// Durations in buckets of an eighth of an octave: bucket b holds those above 2^((b-1)/8) and up to 2^(b/8) nanoseconds, so
// that every power of two is a border. Bucket 0 holds all up to one nanosecond, negative ones too. Pure.

export const bucketsPerOctave = 8
export const bucketsMax = 63 * bucketsPerOctave + 1

export function bucketOf(nano: number): number {
  return nano <= 1 ? 0 : Math.ceil(Math.log2(nano) * bucketsPerOctave)
}

/** Nanoseconds, inclusive. */
export const bucketUpTo = (bucket: number): number => 2 ** (bucket / bucketsPerOctave)

/** Counts by bucket, for quantiles. Grows to the buckets that are used. */
export class DurationCounts {
  #first = 0
  #counts: number[] = []
  total = 0

  add(bucket: number, count: number): void {
    if (this.#counts.length === 0) this.#first = bucket
    for (; bucket < this.#first; this.#first--) this.#counts.unshift(0)
    const at = bucket - this.#first
    while (this.#counts.length <= at) this.#counts.push(0)
    this.#counts[at] = (this.#counts[at] ?? 0) + count
    this.total += count
  }

  addAll(other: DurationCounts): void {
    for (const [at, count] of other.#counts.entries()) if (count > 0) this.add(other.#first + at, count)
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
