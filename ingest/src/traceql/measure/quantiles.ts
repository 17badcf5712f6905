// Quantiles by step, from histograms of powers of two: a series for each quantile of each group, with the label `p`.
import type { Field } from '../ast.ts'
import type { MeasurementRange } from '../trace-view.ts'
import { Exemplars } from './exemplars.ts'
import { exemplarOf, secondsOf, type Points } from './folded.ts'
import { Groups } from './groups.ts'
import { bucketOf, quantileOf } from './log2-histogram.ts'
import type { PointSeries } from './point-series.ts'
import type { Steps } from './steps.ts'

type Histogram = Map<number, number>
type Counted = { steps: Map<number, Histogram>; exemplars: Exemplars }

const quantileLabel = 'p'

export function quantiled(
  { of, quantiles }: { of: Field; quantiles: readonly number[] },
  by: readonly Field[],
  steps: Steps,
  range: MeasurementRange,
): Points {
  const groupsMax = Math.max(1, Math.floor(range.seriesMax / quantiles.length))
  const groups = new Groups<Counted>(by, groupsMax, () => ({
    steps: new Map(),
    exemplars: new Exemplars(steps, range.exemplarsMax),
  }))
  return {
    add(span) {
      const step = steps.at(span.startUnixNano)
      const value = step < 0 ? undefined : span.read(of)[0]
      const bucket = value === undefined ? undefined : bucketOf(value)
      if (bucket === undefined) return
      const group = groups.find(span.read)
      if (group === undefined) return
      let histogram = group.steps.get(step)
      if (histogram === undefined) group.steps.set(step, (histogram = new Map()))
      histogram.set(bucket, (histogram.get(bucket) ?? 0) + (span.count ?? 1))
      if (span.count === undefined) group.exemplars.add(exemplarOf(span, secondsOf(value) ?? Number.NaN))
    },
    points() {
      const series = [...groups.all].flatMap((group) => {
        const labels = groups.labelsOf(group)
        const found = quantiles.map((quantile) => ({
          labels: [...labels, { name: quantileLabel, value: { type: 'float' as const, value: quantile } }],
          values: Float64Array.from({ length: steps.count }, (_, step) =>
            quantileOf(quantile, group.of.steps.get(step) ?? new Map()),
          ),
        }))
        return withNearest(found, group.of.exemplars, steps)
      })
      return { series, dropped: groups.dropped }
    },
  }
}

/** Each exemplar goes to the quantile that is nearest to it at its step. */
function withNearest(
  found: Omit<PointSeries, 'exemplars'>[],
  exemplars: Exemplars,
  steps: Steps,
): PointSeries[] {
  const series = found.map((one): PointSeries => ({ ...one, exemplars: [] }))
  for (const exemplar of exemplars.all) {
    const step = steps.at(exemplar.unixNano)
    const distance = ({ values }: PointSeries): number =>
      Math.abs((values[step] ?? Number.NaN) - exemplar.value)
    const [nearest] = series.toSorted((one, other) => distance(one) - distance(other))
    nearest?.exemplars.push(exemplar)
  }
  return series
}
