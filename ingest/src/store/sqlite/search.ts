// Finds the newest traces that fit a filter. Goes through blocks from the latest start backwards and stops when no
// older block can hold a trace that belongs among the newest; looks at no more than `searchSpansMax` spans in all.
// Why it may stop: a trace starts no later than any of its spans, so one found first in a block whose latest start
// is M starts at M or before. Within a transaction of the caller's.
import type Database from 'better-sqlite3'
import { StoreFault } from '../store.ts'
import type { TraceFilter } from '../store.ts'
import { summarize } from '../summary.ts'
import type { SpanFacts } from '../summary.ts'
import type { TraceSummary } from '../../wire.ts'
import { factsOf, spansOfTrace, traceIdAt } from './block-reader.ts'
import type { BlockReader } from './block-reader.ts'
import type { Columns } from './columns.ts'
import { fittingSpans, mayFit, wantedOf } from './span-filter.ts'
import type { Wanted } from './span-filter.ts'

export const searchSpansMax = 5_000_000
// What reading a block costs by itself, in spans: bounds a search through very many small blocks.
const blockSpansMin = 100
const pageBlocks = 64
const timeMax = 2n ** 63n - 1n

type Block = { id: bigint; dataId: number; startMax: bigint; shares: Buffer }

/** Blocks of the next page: those whose row says that they may fit, from just before `from` backwards in time. */
type BlockPages = (wanted: Wanted, from: Pick<Block, 'id' | 'startMax'>) => Block[]

export function createSearch(
  db: Database.Database,
  blocks: BlockReader,
  spansMax = searchSpansMax,
): (filter: TraceFilter) => TraceSummary[] {
  const pages = blockPages(db)
  const serviceIdOf = db.prepare<[string], number>('SELECT id FROM services WHERE name = ?').pluck()
  return (filter) => {
    const wanted = wantedOf(filter, (service) => serviceIdOf.get(service))
    const found = createFinding(blocks, filter.limit, spansMax)
    let from: Pick<Block, 'id' | 'startMax'> = { id: timeMax, startMax: timeMax }
    for (;;) {
      const page = pages(wanted, from)
      for (const block of page) {
        const latest = block.startMax < wanted.end ? block.startMax : wanted.end - 1n
        if (found.isSettled(latest)) return found.newest()
        if (mayFit(wanted, block, blocks)) found.look(block.dataId, wanted)
      }
      const last = page.at(-1)
      if (last === undefined) return found.newest()
      from = last
    }
  }
}

function blockPages(db: Database.Database): BlockPages {
  const select = db
    .prepare<unknown[], Omit<Block, 'dataId'> & { dataId: bigint }>(
      `SELECT id, data_id AS dataId, start_max AS startMax, shares FROM blocks
       WHERE (start_max, id) < (?, ?) AND start_max >= ? AND start_min < ?
         AND sources & ? <> 0 AND statuses & ? <> 0 AND kinds & ? <> 0 AND duration_max >= ?
       ORDER BY start_max DESC, id DESC LIMIT ${pageBlocks}`,
    )
    .safeIntegers()
  return (wanted, { startMax, id }) =>
    select
      .all(
        startMax,
        id,
        wanted.start,
        wanted.end,
        wanted.sources,
        wanted.statuses,
        wanted.kinds,
        wanted.durationMin,
      )
      .map((block) => ({ ...block, dataId: Number(block.dataId) }))
}

type Finding = {
  /** Whether no trace that starts at `latest` or before can be among the newest any more. */
  isSettled(latest: bigint): boolean
  look(dataId: number, wanted: Wanted): void
  newest(): TraceSummary[]
}

function createFinding(blocks: BlockReader, limit: number, spansMax: number): Finding {
  let best: { start: bigint; summary: TraceSummary }[] = []
  const seen = new Set<string>()
  const blocksRead = new Set<number>()
  let spansRead = 0

  function count(spans: number): void {
    spansRead += spans
    if (spansRead > spansMax) throw tooWide(spansRead, spansMax)
  }

  function read(dataId: number): Columns {
    const columns = blocks.columns(dataId)
    if (!blocksRead.has(dataId)) count(Math.max(columns.spanCount, blockSpansMin))
    blocksRead.add(dataId)
    return columns
  }

  function* factsOfTrace(traceId: string): Generator<SpanFacts> {
    for (const { dataId } of blocks.blocksOf(traceId)) {
      const columns = read(dataId)
      const spans = spansOfTrace(columns, traceId)
      count(spans.length)
      for (const span of spans) yield factsOf(columns, span)
    }
  }

  function isSettled(latest: bigint): boolean {
    const last = best[limit - 1]
    return last !== undefined && last.start > latest
  }

  return {
    isSettled,
    look(dataId, wanted) {
      const columns = read(dataId)
      const fitting = fittingSpans(wanted, columns, () => blocks.body(dataId))
      for (const { traceId, start } of tracesOf(columns, fitting)) {
        if (isSettled(start)) return
        if (seen.has(traceId)) continue
        seen.add(traceId)
        const summary = summarize(traceId, factsOfTrace(traceId))
        if (summary === undefined) continue
        best.push({ start: BigInt(summary.startUnixNano), summary })
        best.sort((a, b) => compare(b.start, a.start) || (a.summary.traceId < b.summary.traceId ? -1 : 1))
        best = best.slice(0, limit)
      }
    },
    newest: () => best.map(({ summary }) => summary),
  }
}

const compare = (a: bigint, b: bigint): number => (a === b ? 0 : a < b ? -1 : 1)

/** Traces of these spans, latest first by their earliest span in this block. */
function tracesOf(columns: Columns, fitting: readonly number[]): { traceId: string; start: bigint }[] {
  const earliest = new Map<number, bigint>()
  for (const span of fitting) earliest.set(columns.trace[span] ?? 0, timeMax)
  if (earliest.size === 0) return []
  for (let span = 0; span < columns.spanCount; span++) {
    const known = earliest.get(columns.trace[span] ?? 0)
    const start = columns.start[span] ?? 0n
    if (known !== undefined && start < known) earliest.set(columns.trace[span] ?? 0, start)
  }
  return [...earliest]
    .map(([trace, start]) => ({ traceId: traceIdAt(columns, trace), start }))
    .sort((a, b) => compare(b.start, a.start))
}

function tooWide(spans: number, spansMax: number): StoreFault {
  return new StoreFault(
    'search_too_wide',
    `the search went through ${spans} spans, more than the limit of ${spansMax}. ` +
      'Narrow it: a shorter time range (start, end) or a lower limit.',
  )
}
