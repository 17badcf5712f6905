// Series as the API shows them: those of a TraceQL metrics query, and those that RED's figures by step become. Pure.
import type { RedFigure, RedGroup, Series } from '../store/questions.ts'
import { redKey, seriesMeasures } from '../wire.ts'
import type { SeriesAnswer } from '../wire.ts'
import { shownNumber, shownValue } from './shown.ts'

type SeriesShown = SeriesAnswer['series'][number]
type Measure = (typeof seriesMeasures)[number]

export function shownSeries({ labels, samples, exemplars }: Series): SeriesShown {
  return {
    labels: labels.map(({ name, value }) => ({ name, value: shownValue(value) })),
    samples: samples.map(({ unixNano, value }) => ({
      unixNano: String(unixNano),
      value: shownNumber(value),
    })),
    ...(exemplars.length > 0 && {
      exemplars: exemplars.map(({ unixNano, value, traceId, spanId }) => ({
        unixNano: String(unixNano),
        value: shownNumber(value),
        traceId,
        spanId,
      })),
    }),
  }
}

/** One for each measure, of each group. */
export function seriesOfRed(groups: readonly RedGroup[], stepNano: bigint): SeriesShown[] {
  const stepS = Number(stepNano) / 1e9
  return groups.flatMap((group) => {
    const keys = redKey.options.flatMap((name) => {
      const value = group[name]
      return value === undefined ? [] : [{ name, value: { stringValue: value } }]
    })
    return seriesMeasures.map((measure) => ({
      labels: [...keys, { name: 'measure', value: { stringValue: measure } }],
      samples: group.steps.map((step) => ({
        unixNano: String(step.unixNano + stepNano),
        value: measured(measure, step, stepS),
      })),
    }))
  })
}

function measured(measure: Measure, figure: RedFigure, stepS: number): number | null {
  const { count, errors, durationSum } = figure
  if (measure === 'rate') return count / stepS
  if (measure === 'errors') return errors / stepS
  if (count === 0) return null
  return shownNumber(measure === 'avg' ? durationSum / count : figure[measure])
}
