// Series before they are given out: values by step, NaN where there is none.
import type { SeriesLabel, Series } from '../../store/questions.ts'
import { withValues } from './exemplars.ts'
import type { Steps } from './steps.ts'

export type PointSeries = { labels: SeriesLabel[]; values: Float64Array; exemplars: Series['exemplars'] }

/** Undefined for a series without any value. */
export function seriesOf({ labels, values, exemplars }: PointSeries, steps: Steps): Series | undefined {
  if (values.every((value) => Number.isNaN(value))) return undefined
  const samples = Array.from(values, (value, step) => ({ unixNano: steps.endOf(step), value }))
  return { labels, samples, exemplars: withValues(exemplars, values, steps) }
}
