// Answers questions from a read-only connection, each within one transaction, so that it sees one state of the store
// however long it takes. In: a connection; out: answers. Runs on a reading thread.
import type Database from 'better-sqlite3'
import type { ServicesAnswer, Span, SpanBone, TraceSource, TraceSummary } from '../../wire.ts'
import type { DependenciesFound, DependenciesQuestion } from '../questions.ts'
import type { ChosenSpans, Cursor, SpanChoice } from '../destination-store.ts'
import type { StoredBlock, StoreStats, TraceFilter } from '../store.ts'
import { createBlockReader } from './block-reader.ts'
import { createChosenSpans } from './chosen-spans.ts'
import { createDependencies } from './dependencies.ts'
import { createDestinations } from './destinations.ts'
import type { DestinationReader } from './destinations.ts'
import { createFollow } from './follow.ts'
import { createFindTraces } from './query/find-traces.ts'
import { createQuestionReader } from './query/question-reader.ts'
import type { QuestionReader } from './query/question-reader.ts'
import { createRefusedReader } from './refused.ts'
import type { RefusedReader } from './refused.ts'
import { createSpanReader, createTraceReader } from './read-trace.ts'
import type { SpanIds } from './read-trace.ts'
import { readSkeleton } from './skeleton.ts'
import { sourceAt } from './sources.ts'
import { createStats } from './stats.ts'
import { orphanCount, traceBytes } from './whole-trace.ts'

export type Reader = DestinationReader &
  RefusedReader &
  QuestionReader & {
    findTraces: (filter: TraceFilter) => TraceSummary[]
    readTrace: (traceId: string) => Span[] | undefined
    readSkeleton: (traceId: string) => SpanBone[] | undefined
    readSpan: (asked: SpanIds) => Span | undefined
    traceBytes: (traceId: string) => Buffer<ArrayBuffer> | undefined
    orphanCounts: (traceIds: readonly string[]) => number[]
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
  const questions = createQuestionReader(db, blocks, (ask) => inOneState(db, ask))
  const services = db.prepare<[], { name: string; source: number }>(
    `SELECT name, source FROM services JOIN service_sources ON service_id = id ORDER BY name, source`,
  )
  return {
    readTrace: inOneState(db, createTraceReader(blocks)),
    readSkeleton: inOneState(db, (traceId: string) => readSkeleton(blocks, traceId)),
    readSpan: inOneState(db, createSpanReader(blocks)),
    traceBytes: inOneState(db, (traceId: string) => traceBytes(blocks, traceId)),
    orphanCounts: inOneState(db, (traceIds: readonly string[]) =>
      traceIds.map((traceId) => orphanCount(blocks, traceId)),
    ),
    blockAfter: inOneState(db, createFollow(db, blocks)),
    spansAfter: inOneState(db, ({ cursor, choice }) => spansAfter(cursor, choice)),
    destinations: inOneState(db, destinations),
    lastToSkip: inOneState(db, lastToSkip),
    ...createRefusedReader(db),
    stats: inOneState(db, createStats(db)),
    ...questions,
    findTraces: createFindTraces(questions.search),
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
