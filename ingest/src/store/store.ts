// What the rest of ingest knows of the store: append, find, read, and follow. An engine stands behind it
// (sqlite/); test/store-contract.ts is what any engine must pass. Times are Unix nanoseconds.
import type { Slice } from '../otlp/frames.ts'
import type { SpanHeads } from '../otlp/span-heads.ts'
import type { DestinationStore } from './destination-store.ts'
import type { Questions } from './questions.ts'
import type { SpanMetricsStore } from './span-metrics-store.ts'
import type {
  ServicesAnswer,
  SourceFilter,
  Span,
  SpanKind,
  StatusCode,
  TraceSource,
  TraceSummary,
} from '../wire.ts'

/** Spans of one sender's scope: how many of the batch's, and where in its body their resource lies. */
export type SpanGroup = { source: TraceSource; service: string; resource: Slice[]; spanCount: number }

/** One request's OTLP protobuf body and what was read of it: heads and groups are of the body's spans, in its order. */
export type Batch = { body: Buffer; heads: SpanHeads; groups: SpanGroup[]; spanCount: number }

export type TraceFilter = {
  /** Of a span's start, inclusive. */
  start?: bigint | undefined
  /** Of a span's start, exclusive. */
  end?: bigint | undefined
  service?: string | undefined
  source?: SourceFilter | undefined
  name?: string | undefined
  kind?: SpanKind | undefined
  status?: StatusCode | undefined
  /** Nanoseconds, both inclusive. */
  durationMin?: bigint | undefined
  durationMax?: bigint | undefined
  /** All of them. */
  attributes?: readonly AttributeQuery[] | undefined
  limit: number
}

/**
 * An attribute of the span or its resource whose value is written so: `200` finds the string and the numbers, `true`
 * the string and the boolean. Of a list, each of its items. Bytes are never found.
 */
export type AttributeQuery = { key: string; value: string }

/**
 * A run of stored spans as OTLP protobuf. Blocks follow each other by id, in the order they became durable. Blocks may
 * be merged; who follows them does not notice: from any id on come the same spans, each once, in the same order.
 */
export type StoredBlock = { id: number; spanCount: number; body: Buffer }

/**
 * `otlp`: OTLP/JSON, `{"resourceSpans":[…]}`. `tempo`: the same message in protobuf's own JSON, with ids in base64 and
 * enums by name. `jaeger`: one trace as Jaeger's v1 API has it.
 */
export type TraceJsonForm = 'otlp' | 'tempo' | 'jaeger'

export type StoreStats = {
  spans: number
  blocks: number
  /** Of the store on disk. */
  bytes: number
  /** Of these, free for spans to come. */
  freeBytes: number
  /** Of spans' starts, Unix nanoseconds; undefined in an empty store. */
  oldestUnixNano: bigint | undefined
  newestUnixNano: bigint | undefined
  /** By service, then source. Bytes are of OTLP, before compression. */
  services: { service: string; source: TraceSource; spans: number; bytes: number }[]
}

export type CompactDone = {
  /** Taken away, or rewritten without some spans. */
  blocksExpired: number
  merges: number
  indexMerges: number
  filterGroups: number
  pagesGivenBack: number
}

export type Store = DestinationStore &
  Questions &
  SpanMetricsStore & {
    /**
     * Resolves when the batch is durable. Rejects with StoreFault: `store_busy`, `store_failed`. Once it is taken its body
     * is the store's, which gives a large one's memory back at once: it is empty then.
     */
    append(batch: Batch): Promise<void>
    /**
     * Newest first by the trace's start, then by id. A trace is found by one span that fits the whole filter; its
     * summary covers all its spans, each span id once. Rejects with StoreFault: `search_too_wide`.
     */
    findTraces(filter: TraceFilter): Promise<TraceSummary[]>
    /**
     * Spans by start, a parent before its children where the two are equal, each span id once; undefined for an
     * unknown trace. Rejects with StoreFault: `trace_too_large`.
     */
    readTrace(traceId: string): Promise<Span[] | undefined>
    /** The same as the JSON of wire.ts's TraceAnswer, made where it keeps no request waiting: it may be 100 MB. */
    traceAnswer(traceId: string): Promise<Buffer | undefined>
    /** JSON of wire.ts's SkeletonAnswer, as above. Rejects with StoreFault: `trace_too_large`, of longer traces. */
    skeletonAnswer(traceId: string): Promise<Buffer | undefined>
    readSpan(traceId: string, spanId: string): Promise<Span | undefined>
    /**
     * The trace as OTLP protobuf (TracesData), made of the senders' own bytes: resources and scopes that are the same once,
     * each span id once, in no order. Messages that a sender left out are there, empty. Rejects as `readTrace`.
     */
    traceBytes(traceId: string): Promise<Buffer | undefined>
    /** The trace in another program's JSON, UTF-8. Rejects as `readTrace`. */
    traceJson(traceId: string, form: TraceJsonForm): Promise<Buffer | undefined>
    /** Of each trace, how many of its spans name a parent that is not stored. Rejects as `readTrace`. */
    orphanCounts(traceIds: readonly string[]): Promise<number[]>
    /** By name. */
    services(): Promise<ServicesAnswer['services']>
    /** The first block after this one. */
    blockAfter(blockId: number): Promise<StoredBlock | undefined>
    stats(): Promise<StoreStats>
    /**
     * Does now what the store does by itself in time: takes away what is kept no longer, merges small blocks, gives free
     * space back to the disk. Cursors stay where they are.
     */
    compact(): Promise<CompactDone>
    /** Writes what is waiting, then closes. */
    close(): Promise<void>
  }

export type StoreFaultCode =
  | 'store_busy'
  | 'store_failed'
  | 'search_too_wide'
  | 'trace_too_large'
  | 'question_unfit'
  | 'metrics_not_ready'

/** An expected failure of the store, for the one who asked; the message says the limit and what to do. */
export class StoreFault extends Error {
  override name = 'StoreFault'
  readonly code: StoreFaultCode
  constructor(code: StoreFaultCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The store cannot be opened: a reason for the process not to start. */
export class StoreUnusable extends Error {
  override name = 'StoreUnusable'
  readonly code: 'store_too_new' | 'store_not_writable'
  constructor(code: 'store_too_new' | 'store_not_writable', message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The sources that a filter lets through. */
export function sourcesOf(filter: SourceFilter): readonly TraceSource[] {
  return filter === 'ebpf' ? ['beyla', 'bpftrace'] : [filter]
}
