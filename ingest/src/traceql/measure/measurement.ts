// Metrics of a query → something that spans are added to, one at a time, in any order.
import type { Metrics } from '../ast.ts'
import type { Measurement, MeasurementRange } from '../trace-view.ts'
import { chosen } from './choice.ts'
import { compared } from './comparison.ts'
import { folded, type Points } from './folded.ts'
import { seriesOf } from './point-series.ts'
import { quantiled } from './quantiles.ts'
import { rangeFault, Steps } from './steps.ts'

/** Of a range without fault (see `rangeFault`), else it throws a RangeError. */
export function createMeasurement(metrics: Metrics, range: MeasurementRange): Measurement {
  const fault = rangeFault(range)
  if (fault !== undefined) throw new RangeError(fault)
  const steps = new Steps(range)
  const points = pointsOf(metrics, steps, range)
  return {
    add: (span) => points.add(span),
    range: steps.range,
    series() {
      const { series, dropped } = points.points()
      const found = chosen(series, metrics.choose).flatMap((one) => seriesOf(one, steps) ?? [])
      return { series: found, dropped }
    },
  }
}

function pointsOf({ measure, by }: Metrics, steps: Steps, range: MeasurementRange): Points {
  if (measure.fn === 'compare') return compared(measure, steps, range)
  if (measure.fn === 'quantile_over_time') return quantiled(measure, by, steps, range)
  return folded(measure, by, steps, range)
}
