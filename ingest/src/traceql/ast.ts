// A TraceQL query as a tree: what parse.ts makes of a text, what filters of the own API are turned into, and what a store
// is asked. Plain data without functions, so that it moves between threads. Times and durations are nanoseconds.
import type { SourceFilter, SpanKind, StatusCode } from '../wire.ts'

/** Characters of the query's text, the end exclusive: where a mistake is. */
export type TextRange = { from: number; to: number }

export type Static =
  | { type: 'string'; value: string }
  | { type: 'int'; value: bigint }
  | { type: 'float'; value: number }
  | { type: 'boolean'; value: boolean }
  | { type: 'duration'; nano: bigint }
  | { type: 'status'; status: StatusCode }
  | { type: 'kind'; kind: SpanKind }
  | { type: 'nil' }

/** What every span has without a sender's attribute. Scoped names (`span:name`) and older ones (`name`) mean the same. */
export const intrinsics = [
  'span:name',
  'span:duration',
  'span:status',
  'span:statusMessage',
  'span:kind',
  'span:id',
  'span:parentID',
  'span:childCount',
  'trace:id',
  'trace:duration',
  'trace:rootName',
  'trace:rootService',
  'event:name',
  'event:timeSinceStart',
  'link:traceID',
  'link:spanID',
  'instrumentation:name',
  'instrumentation:version',
  'nestedSetParent',
  'nestedSetLeft',
  'nestedSetRight',
] as const
export type Intrinsic = (typeof intrinsics)[number]

/** `any` is an attribute without a scope (`.key`): of the span, or else of its resource. */
export type AttributeScope = 'any' | 'span' | 'resource' | 'event' | 'link' | 'instrumentation'

export type Field =
  | { type: 'intrinsic'; name: Intrinsic }
  /** `ofParent`: as in `parent.key`, of the span's parent instead of itself. */
  | { type: 'attribute'; scope: AttributeScope; key: string; ofParent: boolean }

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=' | '=~' | '!~'
export type Arithmetic = '+' | '-' | '*' | '/' | '%' | '^'

export type Expression =
  | { type: 'static'; value: Static }
  | { type: 'field'; field: Field }
  | { type: 'not'; of: Expression }
  | { type: 'negative'; of: Expression }
  | { type: 'compare'; op: Comparison; left: Expression; right: Expression }
  | { type: 'arithmetic'; op: Arithmetic; left: Expression; right: Expression }
  | { type: 'and'; left: Expression; right: Expression }
  | { type: 'or'; left: Expression; right: Expression }
  /**
   * Not of TraceQL: the own API's `key=value`, where `200` finds the string and the numbers, `true` the string and the
   * boolean. Of the span or its resource.
   */
  | { type: 'writtenAs'; key: string; text: string }
  /** Not of TraceQL either: the own API's `source=`, of what the span was stored as. */
  | { type: 'source'; of: SourceFilter }

/** How the spans on the right stand to those on the left: `{a} > {b}` gives the b that are children of an a. */
export type Relation = 'child' | 'descendant' | 'parent' | 'ancestor' | 'sibling'

export type Spanset =
  /** `{ }` takes every span. */
  | { type: 'filter'; condition: Expression | undefined }
  /** Both must match in the trace; the result has the spans of both. */
  | { type: 'and'; left: Spanset; right: Spanset }
  | { type: 'or'; left: Spanset; right: Spanset }
  /** `not`: spans on the right that stand so to none on the left. `union`: the spans of both sides that match. */
  | { type: 'structural'; relation: Relation; mode: 'plain' | 'not' | 'union'; left: Spanset; right: Spanset }
  /** In parentheses, with stages of its own. */
  | { type: 'pipeline'; pipeline: Pipeline }

export type Aggregate = { fn: 'count' } | { fn: 'avg' | 'min' | 'max' | 'sum'; of: Expression }

export type Scalar =
  | { type: 'static'; value: Static }
  | { type: 'aggregate'; aggregate: Aggregate }
  | { type: 'arithmetic'; op: Arithmetic; left: Scalar; right: Scalar }

/** What follows a `|`, applied to each span set of a trace in turn. */
export type Stage =
  | { type: 'spanset'; spanset: Spanset }
  | { type: 'scalarFilter'; op: Exclude<Comparison, '=~' | '!~'>; left: Scalar; right: Scalar }
  /** A span set becomes one for each value. */
  | { type: 'by'; by: Expression }
  /** All span sets of the trace become one. */
  | { type: 'coalesce' }
  /** Fields that are shown with each span. */
  | { type: 'select'; fields: Field[] }

export type Pipeline = { first: Spanset; stages: Stage[] }

export type MetricsFunction =
  /** Spans a second, spans a step. */
  | { fn: 'rate' }
  | { fn: 'count_over_time' }
  | { fn: 'min_over_time' | 'max_over_time' | 'avg_over_time' | 'sum_over_time'; of: Field }
  | { fn: 'quantile_over_time'; of: Field; quantiles: number[] }
  /** Series by bucket: powers of two, seconds for durations. */
  | { fn: 'histogram_over_time'; of: Field }
  /** Which attribute values spans of the selection have more often than the others; times in Unix nanoseconds. */
  | { fn: 'compare'; selection: Spanset; topValues: number; start?: bigint; end?: bigint }

export type SeriesChoice =
  /** Of the series: the `limit` largest or smallest at each step. */
  | { fn: 'topk' | 'bottomk'; limit: number }
  /** Samples that compare so; durations are seconds. `… | rate() > 5`. */
  | { fn: 'where'; op: Exclude<Comparison, '=~' | '!~'>; value: number }

export type Metrics = { measure: MetricsFunction; by: Field[]; choose: SeriesChoice[] }

/** `with (most_recent=true)`. */
export type Hint = { name: string; value: Static }

export type Query = { pipeline: Pipeline; metrics: Metrics | undefined; hints: Hint[] }
