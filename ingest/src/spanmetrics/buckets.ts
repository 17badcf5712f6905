// The buckets of the two kinds of histograms, doubling from the first bound. In: nanoseconds; out: which bucket. Pure.

export type Buckets = {
  firstNano: number
  /** Of finite bounds; one more bucket holds what is longer. */
  count: number
}

/** Of spans: 2 ms to 16.4 s. */
export const spanBuckets: Buckets = { firstNano: 2_000_000, count: 14 }
/** Of the service graph: 100 ms to 12.8 s. */
export const edgeBuckets: Buckets = { firstNano: 100_000_000, count: 8 }

const unitsMax = 2 ** 31

/** The first whose bound is not below it; `count` where all are. */
export function bucketOf({ firstNano, count }: Buckets, nano: number): number {
  const units = Math.ceil(nano / firstNano)
  if (units <= 1) return 0
  // Beyond 32 bits only what is far beyond the last bound.
  return units > unitsMax ? count : Math.min(count, 32 - Math.clz32(units - 1))
}

/** Upper bounds, in seconds. */
export function boundsOf({ firstNano, count }: Buckets): number[] {
  return Array.from({ length: count }, (_, bucket) => (firstNano / 1e9) * 2 ** bucket)
}
