// Answers questions from a read-only connection, each within one transaction, so that it sees one state of the store
// however long it takes. In: a connection; out: answers. Runs on a reading thread.
import type Database from 'better-sqlite3'
import { decodeSpans } from '../../otlp/span-decode.ts'
import type { ServicesAnswer, Span, TraceSource, TraceSummary } from '../../wire.ts'
import { inTraceOrder } from '../span-order.ts'
import type { DependenciesFound, DependenciesQuestion } from '../questions.ts'
import { StoreFault } from '../store.ts'
import type { ChosenSpans, Cursor, SpanChoice } from '../destination-store.ts'
import type { StoredBlock, StoreStats, TraceFilter } from '../store.ts'
import { createBlockReader, factsOf, spansOfTrace } from './block-reader.ts'
import type { BlockReader } from './block-reader.ts'
import { createChosenSpans } from './chosen-spans.ts'
import { createDependencies } from './dependencies.ts'
import { createDestinations } from './destinations.ts'
import type { DestinationReader } from './destinations.ts'
import { createFollow } from './follow.ts'
import { createRefusedReader } from './refused.ts'
import type { RefusedReader } from './refused.ts'
import { createSearch } from './search.ts'
import { sourceAt } from './sources.ts'
import { createStats } from './stats.ts'

/** A page or a terminal shows no more; the largest merged traces known from Beyla have 45,000 spans. */
export const traceSpansMax = 100_000

export type Reader = DestinationReader &
  RefusedReader & {
    findTraces: (filter: TraceFilter) => TraceSummary[]
    readTrace: (traceId: string) => Span[] | undefined
    services: () => ServicesAnswer['services']
    blockAfter: (blockId: number) => StoredBlock | undefined
    spansAfter: (asked: { cursor: Cursor; choice: SpanChoice }) => ChosenSpans | undefined
    stats: () => StoreStats
    dependencies: (question: DependenciesQuestion) => DependenciesFound
  }

export function createReader(db: Database.Database): Reader {
  const blocks = createBlockReader(db)
  const spansAfter = createChosenSpans(db, blocks)
  const { destinations, lastToSkip } = createDestinations(db, blocks)
  const services = db.prepare<[], { name: string; source: number }>(
    `SELECT name, source FROM services JOIN service_sources ON service_id = id ORDER BY name, source`,
  )
  return {
    findTraces: inOneState(db, createSearch(db, blocks)),
    readTrace: inOneState(db, (traceId: string) => readTrace(blocks, traceId)),
    blockAfter: inOneState(db, createFollow(db, blocks)),
    spansAfter: inOneState(db, ({ cursor, choice }) => spansAfter(cursor, choice)),
    destinations: inOneState(db, destinations),
    lastToSkip: inOneState(db, lastToSkip),
    ...createRefusedReader(db),
    stats: inOneState(db, createStats(db)),
    dependencies: inOneState(db, createDependencies(db)),
    services() {
      const sourcesOf = new Map<string, TraceSource[]>()
      for (const { name, source } of services.all()) {
        sourcesOf.set(name, [...(sourcesOf.get(name) ?? []), sourceAt(source)].sort())
      }
      return [...sourcesOf].map(([name, sources]) => ({ name, sources }))
    },
  }
}

function inOneState<Question extends unknown[], Answer>(
  db: Database.Database,
  ask: (...question: Question) => Answer,
): (...question: Question) => Answer {
  const run = db.transaction(ask)
  return (...question) => run.deferred(...question)
}

function readTrace(blocks: BlockReader, traceId: string): Span[] | undefined {
  const seen = new Set<bigint>()
  const spans: Span[] = []
  for (const { dataId } of blocks.blocksOf(traceId)) {
    const columns = blocks.columns(dataId)
    const fresh = spansOfTrace(columns, traceId).filter((at) => {
      const spanId = columns.spanId[at] ?? 0n
      return !seen.has(spanId) && seen.add(spanId)
    })
    if (seen.size > traceSpansMax) throw tooLarge(traceId)
    if (fresh.length === 0) continue
    const wanted = new Set(fresh)
    const spanIds = Buffer.from(columns.spanId.buffer, columns.spanId.byteOffset, columns.spanId.byteLength)
    const decoded = decodeSpans(blocks.body(dataId), (at) => {
      if (!wanted.has(at)) return undefined
      return { ...factsOf(columns, at), traceId, spanId: spanIds.toString('hex', at * 8, at * 8 + 8) }
    })
    for (const span of decoded) spans.push(span)
  }
  return spans.length === 0 ? undefined : inTraceOrder(spans)
}

function tooLarge(traceId: string): StoreFault {
  return new StoreFault(
    'trace_too_large',
    `trace ${traceId} has more than ${traceSpansMax} spans, the most that is shown of one trace. ` +
      'Its sender probably uses one trace id for many requests.',
  )
}
