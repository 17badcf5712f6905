// Tokens → metrics: `rate() by (name) | topk(5) > 2`, behind the last `|` of a query.
import type { Field, Metrics, MetricsFunction, SeriesChoice } from '../ast.ts'
import { comparedValuesMax, groupsMax } from '../limits.ts'
import { Refusal } from '../mistake.ts'
import type { Cursor } from './cursor.ts'
import { orderings } from './expression.ts'
import { fieldAt } from './field.ts'
import { fieldListAt } from './pipeline.ts'
import { numberAt, wholeNumberAt } from './number.ts'
import { filterAt } from './spanset.ts'
import type { Token } from './token.ts'
import { isNumeric, wordsOf } from './value-type.ts'

const counts = ['rate', 'count_over_time'] as const
const ofField = [
  'min_over_time',
  'max_over_time',
  'avg_over_time',
  'sum_over_time',
  'histogram_over_time',
  'quantile_over_time',
] as const
const metricsWords = [...counts, ...ofField, 'compare'] as const
type MetricsWord = (typeof metricsWords)[number]

export function isMetricsWord(token: Token): boolean {
  return token.type === 'word' && metricsWords.some((word) => word === token.text)
}

/** Stands on the function's name. */
export function metricsAt(cursor: Cursor): Metrics {
  const start = cursor.token
  const measure = functionAt(cursor)
  const by = cursor.is('by') ? groupsAt(cursor, measure) : []
  const choose = choicesAt(cursor)
  if (measure.fn === 'compare' && choose.length > 0)
    throw new Refusal(
      start,
      'compare cannot be followed by topk, bottomk or a comparison',
      'Its second number is how many values it shows: compare({ … }, 5).',
    )
  return { measure, by, choose }
}

function functionAt(cursor: Cursor): MetricsFunction {
  const fn = cursor.choose(metricsWords)
  if (fn === undefined) return cursor.refuse('metrics are missing', 'Write them, such as rate().')
  cursor.expect('(', `behind ${fn}`)
  const measure = argumentsAt(cursor, fn)
  cursor.expect(')', `behind what ${fn} takes`)
  return measure
}

function argumentsAt(cursor: Cursor, fn: MetricsWord): MetricsFunction {
  if (fn === 'rate' || fn === 'count_over_time') {
    if (!cursor.is(')'))
      cursor.refuse(`${fn} takes nothing in its parentheses`, `Filter before it: { … } | ${fn}().`)
    return { fn }
  }
  if (fn === 'compare') return comparedAt(cursor)
  const of = numericFieldAt(cursor, fn)
  if (fn === 'quantile_over_time') return { fn, of, quantiles: quantilesAt(cursor) }
  return { fn, of }
}

function numericFieldAt(cursor: Cursor, fn: string): Field {
  if (cursor.is(')', ',')) cursor.refuse(`${fn} needs a field`, `Write one, as in ${fn}(duration).`)
  const found = fieldAt(cursor)
  if (isNumeric(found.type)) return found.field
  const what = `${fn} is for numbers and durations, not for ${wordsOf(found.type)}`
  return cursor.refuse(what, `Write a field with numbers, as in ${fn}(duration).`, found)
}

function quantilesAt(cursor: Cursor): number[] {
  const quantiles: number[] = []
  while (cursor.take(',') !== undefined) {
    const { value, from, to } = numberAt(cursor, 'a quantile')
    if (value < 0 || value > 1)
      throw new Refusal({ from, to }, `${value} is no quantile`, 'Quantiles are from 0 to 1, such as .95.')
    quantiles.push(value)
  }
  if (quantiles.length > 0) return quantiles
  return cursor.refuse(
    'quantile_over_time needs a quantile',
    'Write one or more, as in quantile_over_time(duration, .5, .95).',
  )
}

const defaultTopValues = 10

function comparedAt(cursor: Cursor): MetricsFunction {
  if (!cursor.is('{'))
    cursor.refuse('compare needs a selection of spans', 'Write one, as in compare({ status = error }).')
  const selection = filterAt(cursor)
  if (cursor.take(',') === undefined) return { fn: 'compare', selection, topValues: defaultTopValues }
  const top = wholeNumberAt(cursor, 'how many values to show')
  if (top.value < 1n || top.value > BigInt(comparedValuesMax))
    throw new Refusal(
      top,
      `compare cannot show ${top.value} values`,
      `Write a number from 1 to ${comparedValuesMax}.`,
    )
  const topValues = Number(top.value)
  if (cursor.take(',') === undefined) return { fn: 'compare', selection, topValues }
  const start = wholeNumberAt(cursor, 'the start in Unix nanoseconds')
  cursor.expect(',', 'between the start and the end of compare')
  const end = wholeNumberAt(cursor, 'the end in Unix nanoseconds')
  if (start.value === 0n && end.value === 0n) return { fn: 'compare', selection, topValues }
  if (start.value <= 0n || end.value <= start.value) {
    const remedy = 'Write both in Unix nanoseconds, the end behind the start.'
    throw new Refusal({ from: start.from, to: end.to }, 'this is no time range', remedy)
  }
  return { fn: 'compare', selection, topValues, start: start.value, end: end.value }
}

function groupsAt(cursor: Cursor, measure: MetricsFunction): Field[] {
  const word = cursor.next()
  if (measure.fn === 'compare')
    cursor.refuse('compare has no by', 'It compares every attribute of the spans.', word)
  const fields = fieldListAt(cursor, 'by')
  if (fields.length <= groupsMax) return fields
  const range = { from: word.from, to: cursor.end }
  return cursor.refuse(`by has ${fields.length} fields`, `Write ${groupsMax} at most.`, range)
}

function choicesAt(cursor: Cursor): SeriesChoice[] {
  const choices: SeriesChoice[] = []
  for (;;) {
    const op = cursor.choose(orderings)
    if (op !== undefined)
      choices.push({ fn: 'where', op, value: numberAt(cursor, 'a number to compare with').value })
    else if (cursor.take('|') !== undefined) choices.push(largestAt(cursor))
    else return choices
  }
}

function largestAt(cursor: Cursor): SeriesChoice {
  const fn = cursor.choose(['topk', 'bottomk'])
  if (fn === undefined)
    return cursor.refuse(
      'behind metrics there can only be topk, bottomk or a comparison',
      'Write filters and by before the metrics.',
    )
  cursor.expect('(', `behind ${fn}`)
  if (cursor.is(')')) cursor.refuse(`${fn} needs a number`, `Write how many series to keep, as in ${fn}(5).`)
  const { value, from, to } = wholeNumberAt(cursor, `how many series ${fn} keeps`)
  if (value < 1n) throw new Refusal({ from, to }, `${fn} cannot keep ${value} series`, 'Write 1 or more.')
  cursor.expect(')', `behind ${fn}(`)
  return { fn, limit: Number(value) }
}
