// `compare`: how often each attribute value occurs among the spans of a selection, and among the others. Labels as in
// Tempo: `__meta_type` says which of them a series counts, the other label is the attribute with its value, or with nil
// for all of its values together; `__meta_error` marks an attribute with more values than are given.
import type { Field, MetricsFunction, Static } from '../ast.ts'
import { compileCondition } from '../condition.ts'
import { countedValuesMax } from '../limits.ts'
import { fieldName } from '../print.ts'
import { keyOf } from '../static-value.ts'
import type { MeasurementRange } from '../trace-view.ts'
import { Exemplars } from './exemplars.ts'
import { exemplarOf, type Points } from './folded.ts'
import type { PointSeries } from './point-series.ts'
import type { Steps } from './steps.ts'

type Compare = MetricsFunction & { fn: 'compare' }
type Counted = { value: Static; counts: Float64Array; total: number }
type Attribute = { name: string; values: Map<string, Counted>; totals: Float64Array; isCut: boolean }
type Side = { type: 'baseline' | 'selection'; attributes: Map<string, Attribute>; exemplars: Exemplars }

const nil: Static = { type: 'nil' }
/** Nearly every span has another value there, so that none is more frequent than the others. */
const unique = new Set([
  'span:id',
  'span:parentID',
  'trace:id',
  'link:traceID',
  'link:spanID',
  'nestedSetParent',
  'nestedSetLeft',
  'nestedSetRight',
])

export function compared(compare: Compare, steps: Steps, range: MeasurementRange): Points {
  const isSelected = selectionOf(compare)
  const exemplars = (): Exemplars => new Exemplars(steps, range.exemplarsMax)
  const baseline: Side = { type: 'baseline', attributes: new Map(), exemplars: exemplars() }
  const selection: Side = { type: 'selection', attributes: new Map(), exemplars: exemplars() }
  let valuesLeft = countedValuesMax
  return {
    add(span) {
      const step = steps.at(span.startUnixNano)
      if (step < 0) return
      const side = isSelected(span) ? selection : baseline
      span.everyField((field, value) => {
        if (isCompared(field, value) && count(side, field, value, step)) valuesLeft--
      })
      side.exemplars.add(exemplarOf(span, Number.NaN))
    },
    points() {
      const all = [...pointsOf(baseline, compare.topValues), ...pointsOf(selection, compare.topValues)]
      const series = [...all, ...errorsOf([baseline, selection], compare.topValues, steps.count)]
      return {
        series: series.slice(0, range.seriesMax),
        dropped: Math.max(0, series.length - range.seriesMax),
      }
    },
  }

  /** Whether the value is a new one. */
  function count(side: Side, field: Field, value: Static, step: number): boolean {
    const name = fieldName(field)
    let attribute = side.attributes.get(name)
    if (attribute === undefined) {
      attribute = { name, values: new Map(), totals: new Float64Array(steps.count), isCut: false }
      side.attributes.set(name, attribute)
    }
    attribute.totals[step] = (attribute.totals[step] ?? 0) + 1
    const key = keyOf(value)
    let counted = attribute.values.get(key)
    const isNew = counted === undefined
    if (counted === undefined) {
      if (valuesLeft === 0) {
        attribute.isCut = true
        return false
      }
      counted = { value, counts: new Float64Array(steps.count), total: 0 }
      attribute.values.set(key, counted)
    }
    counted.counts[step] = (counted.counts[step] ?? 0) + 1
    counted.total++
    return isNew
  }
}

function selectionOf({ selection, start, end }: Compare) {
  const fits = compileCondition(selection.type === 'filter' ? selection.condition : undefined)
  return ({ startUnixNano, read }: Parameters<Points['add']>[0]): boolean => {
    if (start !== undefined && end !== undefined && !(startUnixNano > start && startUnixNano <= end))
      return false
    return fits(read)
  }
}

function isCompared(field: Field, value: Static): boolean {
  if (value.type === 'duration' || value.type === 'nil') return false
  if (field.type === 'attribute') return true
  return !unique.has(field.name) && !(value.type === 'string' && value.value === '')
}

function pointsOf(side: Side, topValues: number): PointSeries[] {
  const exemplars = side.exemplars.all
  return [...side.attributes.values()].flatMap(({ name, values, totals }) => {
    const top = [...values.values()].toSorted((one, other) => other.total - one.total).slice(0, topValues)
    const ofValues = top.map(({ value, counts }) => ({
      labels: [metaType(side.type), { name, value }],
      values: counts,
      exemplars: [],
    }))
    const ofAll = {
      labels: [metaType(`${side.type}_total`), { name, value: nil }],
      values: totals,
      exemplars,
    }
    return [...ofValues, ofAll]
  })
}

function metaType(type: string) {
  return { name: '__meta_type', value: { type: 'string' as const, value: type } }
}

/** Tempo's has no samples; one of zeros is seen where series without samples are left out. */
function errorsOf(sides: Side[], topValues: number, steps: number): PointSeries[] {
  const names = sides.flatMap(({ attributes }) =>
    [...attributes.values()]
      .filter(({ values, isCut }) => isCut || values.size > topValues)
      .map(({ name }) => name),
  )
  const error = { name: '__meta_error', value: { type: 'string' as const, value: '__too_many_values__' } }
  return [...new Set(names)].map((name) => ({
    labels: [error, { name, value: nil }],
    values: new Float64Array(steps),
    exemplars: [],
  }))
}
