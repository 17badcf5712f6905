// Metrics the plain way: the spans of each step picked out and counted, series by series. As plain-evaluation.ts, it
// shares nothing with what it checks. A step has its end and not its start.
import { dataStart, traces } from './data.ts'
import type { Plain, PlainSpan } from './data.ts'
import type { Meaning } from './plain-evaluation.ts'

const second = 1_000_000_000n
/** Not on the minute, so that the ends of the range are rounded to whole steps, as the last of the data lie beyond. */
export const range = {
  start: dataStart + 17n * second,
  end: dataStart + 400n * second,
  stepNano: 60n * second,
}
const stepSeconds = 60
const stepCount = 7
export const whole = { start: dataStart, end: dataStart + 600n * second, stepNano: 600n * second }

/** By labels as text, values by step; NaN for none. */
export type PlainSeries = Record<string, number[]>
export type MetricsCase = [query: string, series: () => PlainSeries]

export type Label = [name: string, value: Plain | undefined]
type LabelsOf = (span: PlainSpan) => Label[]
type ValueOf = (spans: PlainSpan[]) => number

const stepsOf = (spans: PlainSpan[]): PlainSpan[][] =>
  Array.from({ length: stepCount }, (_, step) => {
    const from = dataStart + BigInt(step) * range.stepNano
    return spans.filter(({ start }) => start > from && start <= from + range.stepNano)
  })

export const labelsText = (labels: Label[]): string =>
  labels.map(([name, value]) => `${name}=${value === undefined ? 'nil' : String(value)}`).join(' ')

/** Labels without a value are left out, but for the first where all are; without any, the function's name is one. */
const seriesName = (fn: string, labels: Label[]): string => {
  const present = labels.filter(([, value]) => value !== undefined)
  if (present.length > 0) return labelsText(present)
  return labelsText(labels.length > 0 ? labels.slice(0, 1) : [['__name__', fn]])
}

export function series(
  meaning: Meaning,
  fn: string,
  labelsOf: LabelsOf,
  valueOf: ValueOf,
  has: (span: PlainSpan) => boolean = () => true,
): PlainSeries {
  const spans = traces.flatMap((trace) => meaning(trace).flatMap((set) => set.spans)).filter(has)
  const found: PlainSeries = {}
  for (const name of new Set(spans.map((span) => seriesName(fn, labelsOf(span))))) {
    const steps = stepsOf(spans.filter((span) => seriesName(fn, labelsOf(span)) === name))
    // Spans outside of the range make no series.
    if (steps.some((step) => step.length > 0)) found[name] = steps.map(valueOf)
  }
  return found
}

export const count: ValueOf = (spans) => spans.length
export const rate: ValueOf = (spans) => spans.length / stepSeconds
export const least =
  (of: (span: PlainSpan) => number): ValueOf =>
  (spans) =>
    spans.length === 0 ? Number.NaN : Math.min(...spans.map(of))
export const most =
  (of: (span: PlainSpan) => number): ValueOf =>
  (spans) =>
    spans.length === 0 ? Number.NaN : Math.max(...spans.map(of))
export const total =
  (of: (span: PlainSpan) => number): ValueOf =>
  (spans) =>
    spans.length === 0 ? Number.NaN : spans.map(of).reduce((sum, one) => sum + one, 0)
export const mean =
  (of: (span: PlainSpan) => number): ValueOf =>
  (spans) =>
    total(of)(spans) / spans.length

/** The next power of two, from 1 on. */
export function bucket(value: number): number {
  let upper = 1
  while (upper < value) upper *= 2
  return upper
}

/**
 * Of so many sorted values that many lie at or below it; within a bucket they are taken to lie evenly on a scale of
 * logarithms, each bucket beginning where the last one with values ends.
 */
export const quantile =
  (share: number, of: (span: PlainSpan) => number, unit: number): ValueOf =>
  (spans) => {
    if (spans.length === 0) return Number.NaN
    const buckets = spans.map((span) => bucket(of(span))).toSorted((one, other) => one - other)
    const wanted = Math.max(1, Math.ceil(share * buckets.length))
    const upper = buckets[wanted - 1]!
    const before = buckets.filter((one) => one < upper)
    const within = buckets.filter((one) => one === upper).length
    const lower = before.at(-1) ?? upper / 2
    return (lower * (upper / lower) ** ((wanted - before.length) / within)) / unit
  }
