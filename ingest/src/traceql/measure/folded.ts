// Metrics of one number a series and step: rate, count, min, max, avg, sum, and histograms, which count by bucket.
import type { Field, Static } from '../ast.ts'
import type { Measurement, MeasurementRange, MeasuredSpan } from '../trace-view.ts'
import { Exemplars } from './exemplars.ts'
import { foldOf, type Fold, type FoldFunction } from './fold.ts'
import { Groups } from './groups.ts'
import { bucketOf } from './log2-histogram.ts'
import type { PointSeries } from './point-series.ts'
import type { Steps } from './steps.ts'

export type Points = Pick<Measurement, 'add'> & { points(): { series: PointSeries[]; dropped: number } }

export const nanoPerSecond = 1e9
const bucketLabel = '__bucket'

type Folded = { fold: Fold; exemplars: Exemplars }

export function folded(
  measure: { fn: FoldFunction; of?: Field },
  by: readonly Field[],
  steps: Steps,
  range: MeasurementRange,
): Points {
  const { fn, of } = measure
  const stepSeconds = Number(range.stepNano) / nanoPerSecond
  const groups = new Groups<Folded>(by, range.seriesMax, () => ({
    fold: foldOf(fn, steps.count, stepSeconds),
    exemplars: new Exemplars(steps, range.exemplarsMax),
  }))
  const isHistogram = fn === 'histogram_over_time'
  return {
    add(span) {
      const step = steps.at(span.startUnixNano)
      if (step < 0) return
      const value = of === undefined ? undefined : span.read(of)[0]
      const number = of === undefined ? Number.NaN : secondsOf(value)
      if (of !== undefined && number === undefined) return
      const bucket = isHistogram && value !== undefined ? bucketOf(value) : undefined
      if (isHistogram && bucket === undefined) return
      const extra: Static | undefined = bucket === undefined ? undefined : { type: 'float', value: bucket }
      const found = groups.find(span.read, extra)
      found?.fold.add(step, number ?? Number.NaN, span.count ?? 1)
      if (span.count === undefined)
        found?.exemplars.add(exemplarOf(span, isHistogram ? Number.NaN : (number ?? Number.NaN)))
    },
    points() {
      const series = [...groups.all].map((group) => ({
        labels: isHistogram ? groups.labelsOf(group, bucketLabel) : groups.labelsOrName(group, fn),
        values: group.of.fold.values(),
        exemplars: group.of.exemplars.all,
      }))
      return { series, dropped: groups.dropped }
    },
  }
}

export function exemplarOf({ startUnixNano, traceId, spanId }: MeasuredSpan, value: number) {
  return { unixNano: startUnixNano, value, traceId, spanId }
}

/** A number, of a duration in seconds. */
export function secondsOf(value: Static | undefined): number | undefined {
  if (value?.type === 'duration') return Number(value.nano) / nanoPerSecond
  if (value?.type === 'int') return Number(value.value)
  return value?.type === 'float' && !Number.isNaN(value.value) ? value.value : undefined
}
