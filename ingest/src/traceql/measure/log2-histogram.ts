// Histograms whose buckets are powers of two, and quantiles of them, as Tempo computes both.
import type { Static } from '../ast.ts'

const nanoPerSecond = 1e9
/** Tempo leaves out what is below 2; here it is in the lowest bucket. */
const lowestWhole = 1
/** Tempo leaves out floats; those that are smaller are in this bucket. */
const lowestFloat = 2 ** -30

/** Upper end of the value's bucket, of durations in seconds; undefined where it is no number. */
export function bucketOf(value: Static): number | undefined {
  if (value.type === 'duration') return ceiling(Number(value.nano), lowestWhole) / nanoPerSecond
  if (value.type === 'int') return ceiling(Number(value.value), lowestWhole)
  if (value.type === 'float' && Number.isFinite(value.value)) return ceiling(value.value, lowestFloat)
  return undefined
}

function ceiling(value: number, lowest: number): number {
  if (!(value > lowest)) return lowest
  const power = 2 ** Math.round(Math.log2(value))
  // The logarithm is not exact, its rounding is: the power next to the value is above it or one below.
  return power >= value ? (power / 2 >= value ? power / 2 : power) : power * 2
}

/** NaN for an empty one. Within a bucket values are taken to be spread evenly on a logarithmic scale. */
export function quantileOf(quantile: number, counts: ReadonlyMap<number, number>): number {
  const buckets = [...counts].toSorted(([one], [other]) => one - other)
  const all = buckets.reduce((sum, [, count]) => sum + count, 0)
  if (all === 0) return Number.NaN
  // At least one; rounded up, for the sake of few values.
  const wanted = Math.max(1, Math.ceil(quantile * all))
  let before = 0
  let lower = Number.NaN
  for (const [upper, count] of buckets) {
    if (before + count === wanted) return upper
    if (before + count > wanted) {
      const from = Math.log2(Number.isNaN(lower) ? upper / 2 : lower)
      const share = (wanted - before) / count
      return 2 ** (from + (Math.log2(upper) - from) * share)
    }
    before += count
    lower = upper
  }
  return lower
}
