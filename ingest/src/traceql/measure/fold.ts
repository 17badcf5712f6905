// How the values of the spans in a step become one number.
import type { MetricsFunction } from '../ast.ts'

/** One series. */
export type Fold = {
  /** `count`: so many spans; only of what counts them. */
  add(step: number, value: number, count: number): void
  /** By step; NaN for none. */
  values(): Float64Array
}

export type FoldFunction = Exclude<MetricsFunction['fn'], 'quantile_over_time' | 'compare'>

export function foldOf(fn: FoldFunction, steps: number, stepSeconds: number): Fold {
  switch (fn) {
    case 'rate':
      return counting(steps, 1 / stepSeconds)
    case 'count_over_time':
    case 'histogram_over_time':
      return counting(steps, 1)
    case 'min_over_time':
      return choosing(steps, (value, before) => value < before)
    case 'max_over_time':
      return choosing(steps, (value, before) => value > before)
    case 'sum_over_time':
    case 'avg_over_time':
      return adding(steps, fn === 'avg_over_time')
  }
}

/** A step without spans has 0. */
function counting(steps: number, factor: number): Fold {
  const counts = new Float64Array(steps)
  return {
    add(step, _value, count) {
      counts[step] = (counts[step] ?? 0) + count
    },
    values: () => counts.map((count) => count * factor),
  }
}

function choosing(steps: number, isBetter: (value: number, before: number) => boolean): Fold {
  const values = new Float64Array(steps).fill(Number.NaN)
  return {
    add(step, value) {
      const before = values[step] ?? Number.NaN
      if (Number.isNaN(before) || isBetter(value, before)) values[step] = value
    },
    values: () => values,
  }
}

/** With what rounding has cut off kept beside each sum (Neumaier). */
function adding(steps: number, isAverage: boolean): Fold {
  const sums = new Float64Array(steps)
  const rests = new Float64Array(steps)
  const counts = new Float64Array(steps)
  return {
    add(step, value) {
      const sum = sums[step] ?? 0
      const next = sum + value
      const rest = Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
      sums[step] = next
      // Infinity minus itself is no number.
      if (Number.isFinite(rest)) rests[step] = (rests[step] ?? 0) + rest
      counts[step] = (counts[step] ?? 0) + 1
    },
    values: () =>
      sums.map((sum, step) => {
        const count = counts[step] ?? 0
        return count === 0 ? Number.NaN : (sum + (rests[step] ?? 0)) / (isAverage ? count : 1)
      }),
  }
}
