// The plain, slow way to answer: functions on plain objects that say which spans of a trace a query means. They share
// nothing with what they are there to check, neither code nor tree: each query stands beside what it means.
import type { Plain, PlainSpan, PlainTrace } from './data.ts'

/** A span set: its spans by start, and the values that `by` gave it (undefined for nil). */
export type PlainSet = { spans: PlainSpan[]; groups: (Plain | undefined)[] }
export type Meaning = (trace: PlainTrace) => PlainSet[]
export type Test = (span: PlainSpan, trace: PlainTrace) => boolean
export type Case = [query: string, meaning: Meaning]

type Value = Plain | Plain[] | undefined

// Values

/** Of the span, or else of its resource. */
export const any = (span: PlainSpan, key: string): Value => span.attributes[key] ?? resource(span, key)

/** A service without a name has one in the store. */
export const resource = (span: PlainSpan, key: string): Value =>
  span.resource[key] ?? (key === 'service.name' ? 'unknown_service' : undefined)

export const service = (span: PlainSpan): Value => resource(span, 'service.name')

/** A lone value is a list of one. */
export const list = (value: Value): Plain[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]

const isNumber = (value: Plain): value is bigint | number =>
  typeof value === 'bigint' || typeof value === 'number'

/** Whether one of the values is a number for which this holds. */
export const number = (value: Value, holds: (number: bigint | number) => boolean): boolean =>
  list(value).some((one) => isNumber(one) && holds(one))

export const text = (value: Value, holds: (text: string) => boolean): boolean =>
  list(value).some((one) => typeof one === 'string' && holds(one))

/** The first value as a number, NaN where it is none. */
export const numeric = (value: Value): number => {
  const [first] = list(value)
  return first !== undefined && isNumber(first) ? Number(first) : Number.NaN
}

// Trees

export const parentOf = (span: PlainSpan, trace: PlainTrace): PlainSpan | undefined =>
  trace.find(({ spanId }) => spanId === span.parentId)

export const childrenOf = (span: PlainSpan, trace: PlainTrace): PlainSpan[] =>
  trace.filter(({ parentId }) => parentId === span.spanId)

export function ancestorsOf(span: PlainSpan, trace: PlainTrace): PlainSpan[] {
  const parent = parentOf(span, trace)
  return parent === undefined ? [] : [parent, ...ancestorsOf(parent, trace)]
}

export const isRoot: Test = (span) => span.parentId === ''
/** The earliest root, or else the earliest span. */
export const rootOf = (trace: PlainTrace): PlainSpan => {
  const sorted = trace.toSorted(byStart)
  return sorted.find((span) => isRoot(span, trace)) ?? sorted[0] ?? trace[0]!
}
export const traceDuration = (trace: PlainTrace): bigint => {
  const ends = trace.map(({ start, duration }) => start + duration)
  const end = ends.reduce((one, other) => (one > other ? one : other))
  return end - (trace.toSorted(byStart)[0]?.start ?? 0n)
}

/** Left, right and parent of each span by its id, as a walk through the trees from each root counts them. */
export function nestedSets(trace: PlainTrace): Map<string, { left: number; right: number; parent: number }> {
  const found = new Map(trace.map(({ spanId }) => [spanId, { left: 0, right: 0, parent: 0 }]))
  let last = 0
  const walk = (span: PlainSpan, parent: number): void => {
    const left = ++last
    for (const child of childrenOf(span, trace).toSorted(byStart)) walk(child, left)
    found.set(span.spanId, { left, right: ++last, parent })
  }
  for (const root of trace.toSorted(byStart).filter((span) => isRoot(span, trace))) walk(root, -1)
  return found
}

const byStart = (one: PlainSpan, other: PlainSpan): number =>
  one.start !== other.start ? (one.start < other.start ? -1 : 1) : one.spanId < other.spanId ? -1 : 1

// Sets

const sets = (spans: PlainSpan[]): PlainSet[] =>
  spans.length === 0 ? [] : [{ spans: [...new Set(spans)].toSorted(byStart), groups: [] }]
const spansOf = (meaning: Meaning, trace: PlainTrace): PlainSpan[] =>
  meaning(trace).flatMap(({ spans }) => spans)

export const where =
  (test: Test): Meaning =>
  (trace) =>
    sets(trace.filter((span) => test(span, trace)))
export const everything: Meaning = where(() => true)
export const nothing: Meaning = () => []

export const both =
  (left: Meaning, right: Meaning): Meaning =>
  (trace) => {
    const [ones, others] = [spansOf(left, trace), spansOf(right, trace)]
    return ones.length > 0 && others.length > 0 ? sets([...ones, ...others]) : []
  }
export const either =
  (left: Meaning, right: Meaning): Meaning =>
  (trace) =>
    sets([...spansOf(left, trace), ...spansOf(right, trace)])

/** Whether the second span stands so to the first: is its child, its parent … */
export type Relates = (one: PlainSpan, other: PlainSpan, trace: PlainTrace) => boolean
export const child: Relates = (one, other, trace) => parentOf(other, trace) === one
export const parent: Relates = (one, other, trace) => parentOf(one, trace) === other
export const descendant: Relates = (one, other, trace) => ancestorsOf(other, trace).includes(one)
export const ancestor: Relates = (one, other, trace) => ancestorsOf(one, trace).includes(other)
export const sibling: Relates = (one, other) => one !== other && one.parentId === other.parentId

export const related =
  (left: Meaning, relates: Relates, right: Meaning): Meaning =>
  (trace) => {
    const ones = spansOf(left, trace)
    return sets(spansOf(right, trace).filter((other) => ones.some((one) => relates(one, other, trace))))
  }
export const unrelated =
  (left: Meaning, relates: Relates, right: Meaning): Meaning =>
  (trace) => {
    const ones = spansOf(left, trace)
    return sets(spansOf(right, trace).filter((other) => !ones.some((one) => relates(one, other, trace))))
  }
export const union =
  (left: Meaning, relates: Relates, right: Meaning): Meaning =>
  (trace) => {
    const [ones, others] = [spansOf(left, trace), spansOf(right, trace)]
    const pairs = ones.flatMap((one) =>
      others.filter((other) => relates(one, other, trace)).map((other) => [one, other]),
    )
    return sets(pairs.flat())
  }

// Stages

/** Of each set the spans for which this holds too. */
export const keeping =
  (meaning: Meaning, test: Test): Meaning =>
  (trace) =>
    meaning(trace).flatMap(({ spans, groups }) => {
      const left = spans.filter((span) => test(span, trace))
      return left.length === 0 ? [] : [{ spans: left, groups }]
    })

/** The sets for which this holds. */
export const having =
  (meaning: Meaning, holds: (spans: PlainSpan[], trace: PlainTrace) => boolean): Meaning =>
  (trace) =>
    meaning(trace).filter(({ spans }) => holds(spans, trace))

export const grouped =
  (meaning: Meaning, by: (span: PlainSpan, trace: PlainTrace) => Plain | undefined): Meaning =>
  (trace) =>
    meaning(trace).flatMap(({ spans, groups }) => {
      const values = [...new Set(spans.map((span) => by(span, trace)))]
      return values.map((value) => ({
        spans: spans.filter((span) => by(span, trace) === value),
        groups: [...groups, value],
      }))
    })
export const coalesced =
  (meaning: Meaning): Meaning =>
  (trace) =>
    sets(spansOf(meaning, trace))

export const sum = (numbers: number[]): number => numbers.reduce((total, one) => total + one, 0)
export const durations = (spans: PlainSpan[]): number[] => spans.map(({ duration }) => Number(duration))
/** Of the spans that have a number there. */
export const numbers = (spans: PlainSpan[], of: (span: PlainSpan) => Value): number[] =>
  spans.map((span) => numeric(of(span))).filter((one) => !Number.isNaN(one))
