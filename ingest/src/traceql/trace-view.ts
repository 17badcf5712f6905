// What a TraceQL query is evaluated over, and what comes out. A store gives spans as readers of fields; everything that
// needs more than one span (see `traceFields`) is worked out here from the parents and starts that it gives.
import type { Expression, Field, Intrinsic, Static } from './ast.ts'
import type { Series } from '../store/questions.ts'

/**
 * The values of a field of one span. None: the span has no such field (TraceQL's nil). Several for events, links and
 * attributes that are lists: `=`, `<`, `=~` and their like hold where they hold for one of them, `!=` and `!~` where
 * they hold for all. Everywhere else (arithmetic, `by`, `select`, metrics) the first one counts. The array is only
 * read before the next call, so it may be one that is used again.
 *
 * What has no value at a sender, such as the status message or, of a root span, `span:parentID`, is the empty string.
 */
export type Read = (field: Field) => readonly Static[]

/**
 * A compiled condition. It calls `read` with the same few `Field` objects for every span, so a reader may keep what it
 * knows of a field by the object. Equal fields may be several objects.
 */
export type Fits = (read: Read) => boolean

/** All spans of one trace that the store holds, by place: 0 to `spanCount` - 1, the earliest start first. */
export type TraceView = {
  readonly spanCount: number
  /** The place of the span's parent; -1 where it has none or the store does not hold it. */
  parent(span: number): number
  startUnixNano(span: number): bigint
  /** Of the span alone: never called with `ofParent`, nor with one of `traceFields`. */
  values(span: number, field: Field): readonly Static[]
}

/** What cannot be read from one span. `readerOf(view)` gives them, a store does not. */
export const traceFields: ReadonlySet<Intrinsic> = new Set([
  'span:childCount',
  'trace:duration',
  'trace:rootName',
  'trace:rootService',
  'nestedSetParent',
  'nestedSetLeft',
  'nestedSetRight',
])

/** Whether the field takes more of the trace than the span. */
export function needsTrace(field: Field): boolean {
  return field.type === 'intrinsic' ? traceFields.has(field.name) : field.ofParent
}

/** Any field of any span of a trace. */
export type TraceRead = (span: number, field: Field) => readonly Static[]

/** Spans by place, ascending, and what `by(…)` says they have in common. */
export type EvaluatedSpanset = { spans: number[]; groups: { field: Expression; value: Static }[] }

/** None where the trace does not match. Sets are never empty. */
export type Evaluate = (view: TraceView) => EvaluatedSpanset[]

/** One span that a measurement counts. The object may be the same one each time. */
export type MeasuredSpan = {
  startUnixNano: bigint
  traceId: string
  spanId: string
  read: Read
  /** So many spans, of which none is an exemplar; without it, one. Not for sums, least and most, and `compare`. */
  count?: number
  /**
   * Every attribute and every intrinsic that the span has, for `compare`; one call for each value. Only called where
   * `everyFieldNeeded` of the query is true.
   */
  everyField(found: (field: Field, value: Static) => void): void
}

export type MeasurementRange = {
  start: bigint
  end: bigint
  stepNano: bigint
  seriesMax: number
  exemplarsMax: number
}

export type Measurement = {
  /** A span outside of `range` is not counted. */
  add(span: MeasuredSpan): void
  /** The starts of the spans that count: the question's range, widened to whole steps. */
  readonly range: { start: bigint; end: bigint }
  /**
   * `dropped`: what was left out because there were `seriesMax` series already: so many spans, of `compare` series.
   * Series without any sample are left out.
   */
  series(): { series: Series[]; dropped: number }
}

/** What must be read of a span for a query (`read`), and what is shown with each span that is found (`shown`). */
export type QueryFields = { read: Field[]; shown: Field[] }
