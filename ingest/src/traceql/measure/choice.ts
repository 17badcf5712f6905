// What stands behind metrics: `topk`, `bottomk` and comparisons, each over the series that the one before left.
import type { SeriesChoice, Static } from '../ast.ts'
import { compare, keyOf } from '../static-value.ts'
import type { PointSeries } from './point-series.ts'

export function chosen(series: PointSeries[], choices: readonly SeriesChoice[]): PointSeries[] {
  return choices.reduce((left, choice) => applied(left, choice), series)
}

/** Series of which no value is left are without values, not left out. */
function applied(series: PointSeries[], choice: SeriesChoice): PointSeries[] {
  if (choice.fn === 'where') {
    const { op } = choice
    const to: Static = { type: 'float', value: choice.value }
    return series.map((one) =>
      keeping(one, (value) => !Number.isNaN(value) && compare(op, { type: 'float', value }, to)),
    )
  }
  if (series.length <= choice.limit) return series
  const best = bestByStep(series, choice)
  return series.map((one) => keeping(one, (_value, step) => best[step]?.has(one) === true))
}

function keeping(series: PointSeries, isKept: (value: number, step: number) => boolean): PointSeries {
  const values = series.values.map((value, step) => (isKept(value, step) ? value : Number.NaN))
  return { ...series, values }
}

function bestByStep(
  series: PointSeries[],
  { fn, limit }: SeriesChoice & { limit: number },
): Set<PointSeries>[] {
  // Of equal ones those whose labels come first.
  const sorted = series
    .map((one) => ({ one, key: one.labels.map(({ name, value }) => `${name}\0${keyOf(value)}`).join('\0') }))
    .toSorted((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0))
    .map(({ one }) => one)
  const steps = series[0]?.values.length ?? 0
  const sign = fn === 'topk' ? -1 : 1
  return Array.from({ length: steps }, (_, step) => {
    const valueOf = (one: PointSeries): number => one.values[step] ?? Number.NaN
    const present = sorted.filter((one) => !Number.isNaN(valueOf(one)))
    // Sorting keeps the order of equal ones; infinite ones cannot be subtracted.
    const best = present.toSorted((one, other) => {
      const [left, right] = [valueOf(one), valueOf(other)]
      return left === right ? 0 : left < right ? -sign : sign
    })
    return new Set(best.slice(0, limit))
  })
}
