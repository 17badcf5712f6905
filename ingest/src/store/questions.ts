// What a store can be asked besides one trace: find, measure, list. Questions are plain data (TraceQL's tree and
// ranges), so that any engine can plan them its own way. Times are Unix nanoseconds, durations nanoseconds.
import type { Expression, Field, Pipeline, Query, Static } from '../traceql/ast.ts'
import type { SourceFilter, SpanKind, StatusCode, TraceSource, TraceSummary } from '../wire.ts'

/** Of spans' starts: `start` inclusive, `end` exclusive. */
export type TimeRange = { start?: bigint | undefined; end?: bigint | undefined }

/**
 * What a question may take. Beyond it the answer has what was found until then and says so (`cutShort`); nothing is
 * half-answered in silence. `givenUp` is shared memory: once its first number is not 0 nobody waits for the answer any
 * more, and it is cut short where it is.
 */
export type Budget = { ms: number; spans: number; givenUp?: Int32Array<SharedArrayBuffer> | undefined }

/** What was looked at for an answer. */
export type Inspected = { blocks: number; blocksTotal: number; spans: number; bytes: number; traces: number }
export type Answered = {
  inspected: Inspected
  /** Why it is not whole and what to do, as a sentence; undefined where it is whole. */
  cutShort: string | undefined
}

/** By the trace's start, latest first; or by its duration, longest first. Equal ones by trace id. */
export type SearchOrder = 'newest' | 'slowest'

/**
 * Behind which trace a page goes on, and the last block that was there when the first page was made: later pages see
 * the store as it was then, so that a trace that moves (a late span makes it start earlier) comes neither twice nor not
 * at all.
 */
export type SearchPlace = { asOfBlock: number; key: bigint; traceId: string }

export type TraceSearch = TimeRange & {
  pipeline: Pipeline
  order: SearchOrder
  limit: number
  after?: SearchPlace | undefined
  /** Spans given of each span set, the earliest; `matched` counts all. 0: no span sets are given. */
  spansPerSet: number
  budget: Budget
}

export type FoundSpan = {
  spanId: string
  name: string
  startUnixNano: bigint
  durationNano: bigint
  /** Fields that the query names or selects, by the name that it uses for them; absent ones are left out. */
  fields: { field: Field; value: Static }[]
}
export type FoundSpanset = {
  spans: FoundSpan[]
  matched: number
  /** Of `by(…)`: what the set's spans have in common. */
  groups: { field: Expression; value: Static }[]
}
export type ServiceStats = { service: string; spanCount: number; errorCount: number }
export type FoundTrace = { summary: TraceSummary; serviceStats: ServiceStats[]; spansets: FoundSpanset[] }
export type TracesFound = Answered & {
  traces: FoundTrace[]
  /** Undefined where no more follow. */
  next: SearchPlace | undefined
}

export type MetricsQuestion = {
  query: Query
  start: bigint
  end: bigint
  /** Of a sample. One sample for the whole range where it is `end - start`. */
  stepNano: bigint
  seriesMax: number
  exemplarsMax: number
  budget: Budget
}
export type SeriesLabel = { name: string; value: Static }
/** A sample is of the step that ends at its time; NaN stands for none. */
export type Series = {
  labels: SeriesLabel[]
  samples: { unixNano: bigint; value: number }[]
  exemplars: { unixNano: bigint; value: number; traceId: string; spanId: string }[]
}
export type SeriesFound = Answered & { series: Series[] }

/** Which spans count: all of it must fit. */
export type SpanChoiceQuestion = {
  service?: string | undefined
  source?: SourceFilter | undefined
  name?: string | undefined
  kind?: SpanKind | undefined
  status?: StatusCode | undefined
}

export type RedKey = 'service' | 'operation' | 'source' | 'kind'
/** Rate, errors and duration of spans, by any of service, operation (span name), source and kind. */
export type RedQuestion = TimeRange &
  SpanChoiceQuestion & {
    by: readonly RedKey[]
    /** Undefined: one figure for the whole range. `start` and `end` are then needed. */
    stepNano?: bigint | undefined
    budget: Budget
  }
export type RedFigure = {
  count: number
  errors: number
  /** Nanoseconds. Quantiles are interpolated in buckets of an eighth of an octave (9 %). */
  durationSum: number
  p50: number
  p95: number
  p99: number
}
export type RedGroup = {
  service?: string
  operation?: string
  source?: TraceSource
  kind?: SpanKind
  total: RedFigure
  /** One a step, where asked; `unixNano` is its start. */
  steps: ({ unixNano: bigint } & RedFigure)[]
  /** A trace that the figures come from: one of the slowest, and one with an error. */
  slowTraceId: string | undefined
  errorTraceId: string | undefined
}
export type RedFound = Answered & { groups: RedGroup[] }

/** Which attributes and values there are, counted over the newest spans in range up to the budget. */
export type AttributeKeysQuestion = TimeRange & SpanChoiceQuestion & { budget: Budget }
export type AttributeKey = {
  scope: 'span' | 'resource' | 'event' | 'link' | 'instrumentation'
  key: string
  spans: number
}
export type AttributeKeysFound = Answered & { keys: AttributeKey[] }

export type FieldValuesQuestion = TimeRange & {
  field: Field
  /** Only of spans that fit it. */
  condition?: Expression | undefined
  /** The most frequent ones. */
  limit: number
  budget: Budget
}
export type FieldValuesFound = Answered & { values: { value: Static; spans: number }[] }

/** Span names of a service with the kinds they come in, counted as RED does. */
export type Operation = { name: string; kinds: SpanKind[]; spans: number }

/** What came since a block: for who follows new spans as they come. */
export type TailQuestion = { afterBlock: number; condition: Expression | undefined; limit: number }
export type TailFound = {
  /** To go on from. */
  block: number
  spans: (FoundSpan & {
    traceId: string
    service: string
    source: TraceSource
    kind: SpanKind
    status: StatusCode
  })[]
  /** That fit and were too many. */
  skipped: number
}

/**
 * Who calls whom: a client or producer span whose child of another service is a server or consumer span. Counted by
 * minute when both have come; what has no partner within 10 s is one end alone: `user`, or what its peer attributes name.
 */
export type DependenciesQuestion = TimeRange & { source?: SourceFilter | undefined }
export const connectionTypes = ['', 'virtual_node', 'messaging_system', 'database'] as const
export type ConnectionType = (typeof connectionTypes)[number]
export type Dependency = {
  client: string
  server: string
  connection: ConnectionType
  /** Of the span on the server's side, or the only one. */
  source: TraceSource
  calls: number
  errors: number
  /** Nanoseconds, of the server's spans (of the client's where there is no server's). */
  p50: number
  p95: number
  p99: number
}
export type DependenciesFound = {
  dependencies: Dependency[]
  /** Spans up to here are counted: the newest that came, but for what still waits for a partner. */
  countedUntil: bigint | undefined
}

export type Questions = {
  search(question: TraceSearch): Promise<TracesFound>
  /** Rejects with StoreFault `question_unfit` for a query without metrics. */
  measure(question: MetricsQuestion): Promise<SeriesFound>
  red(question: RedQuestion): Promise<RedFound>
  attributeKeys(question: AttributeKeysQuestion): Promise<AttributeKeysFound>
  fieldValues(question: FieldValuesQuestion): Promise<FieldValuesFound>
  /** Of all that is stored, by name. */
  operations(service: string): Promise<Operation[]>
  dependencies(question: DependenciesQuestion): Promise<DependenciesFound>
  tail(question: TailQuestion): Promise<TailFound>
  /** The last block that is durable; 0 in an empty store. */
  lastBlock(): Promise<number>
  /** Called after each commit; gives a function that ends it. */
  onCommit(listener: () => void): () => void
}
