// Finds the newest traces that fit a filter. Goes through blocks from the latest start backwards and stops when no
// older block can hold a trace that belongs among the newest; looks at no more than `searchSpansMax` spans in all.
// Why it may stop: a trace starts no later than any of its spans, so one found first in a block whose latest start
// is M starts at M or before.
import { setImmediate } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import { StoreFault, sourcesOf } from '../store.ts'
import type { TraceFilter } from '../store.ts'
import { summarize } from '../summary.ts'
import type { SpanFacts } from '../summary.ts'
import { traceSource } from '../../wire.ts'
import type { TraceSummary } from '../../wire.ts'
import { factsOf, spansOfTrace, traceIdAt } from './block-reader.ts'
import type { BlockReader } from './block-reader.ts'
import { cutName, sourceMask } from './columns.ts'
import type { Columns } from './columns.ts'

export const searchSpansMax = 5_000_000
// What reading a block costs by itself, in spans: bounds a search through very many small blocks.
const blockSpansMin = 100
const pageBlocks = 64
const timeMax = 2n ** 63n - 1n

type Place = { id: number; startMax: bigint }
type Range = { start: bigint; end: bigint; mask: number; service: string | undefined }

/** Blocks of the next page: those that end after `start`, from just before `from` backwards in time. */
type BlockPages = (range: Range, from: Place) => Place[]

export function createSearch(
  db: Database.Database,
  blocks: BlockReader,
  spansMax = searchSpansMax,
): (filter: TraceFilter) => Promise<TraceSummary[]> {
  const pages = blockPages(db)
  return async (filter) => {
    const range = rangeOf(filter)
    const found = createFinding(blocks, filter.limit, spansMax)
    let from: Place = { id: Number.MAX_SAFE_INTEGER, startMax: timeMax }
    for (;;) {
      const page = pages(range, from)
      for (const block of page) {
        const latest = block.startMax < range.end ? block.startMax : range.end - 1n
        if (found.isSettled(latest)) return found.newest()
        found.look(block.id, range)
        // Other requests get their turn between blocks.
        await setImmediate()
      }
      const last = page.at(-1)
      if (last === undefined) return found.newest()
      from = last
    }
  }
}

function rangeOf({ start, end, source, service }: TraceFilter): Range {
  return {
    start: min(start ?? 0n, timeMax),
    end: min(end ?? timeMax, timeMax),
    mask: sourceMask(source === undefined ? traceSource.options : sourcesOf(source)),
    service: service === undefined ? undefined : cutName(service),
  }
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)

function blockPages(db: Database.Database): BlockPages {
  const all = db
    .prepare<[bigint, number, bigint, bigint, number], { id: bigint; startMax: bigint }>(
      `SELECT id, start_max AS startMax FROM blocks
       WHERE (start_max, id) < (?, ?) AND start_max >= ? AND start_min < ? AND sources & ? <> 0
       ORDER BY start_max DESC, id DESC LIMIT ${pageBlocks}`,
    )
    .safeIntegers()
  const ofService = db
    .prepare<[string, bigint, number, bigint, number], { id: bigint; startMax: bigint }>(
      `SELECT block_id AS id, max(start_max) AS startMax FROM service_blocks
       WHERE service_id = (SELECT id FROM services WHERE name = ?)
         AND (start_max, block_id) < (?, ?) AND start_max >= ? AND (1 << source) & ? <> 0
       GROUP BY start_max, block_id
       ORDER BY start_max DESC, block_id DESC LIMIT ${pageBlocks}`,
    )
    .safeIntegers()
  return ({ start, end, mask, service }, { id, startMax }) => {
    const rows =
      service === undefined
        ? all.all(startMax, id, start, end, mask)
        : ofService.all(service, startMax, id, start, mask)
    return rows.map((row) => ({ id: Number(row.id), startMax: row.startMax }))
  }
}

type Finding = {
  /** Whether no trace that starts at `latest` or before can be among the newest any more. */
  isSettled(latest: bigint): boolean
  look(blockId: number, range: Range): void
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

  function read(blockId: number): Columns {
    const columns = blocks.columns(blockId)
    if (!blocksRead.has(blockId)) count(Math.max(columns.spanCount, blockSpansMin))
    blocksRead.add(blockId)
    return columns
  }

  function* factsOfTrace(traceId: string): Generator<SpanFacts> {
    for (const blockId of blocks.blocksOf(traceId)) {
      const columns = read(blockId)
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
    look(blockId, range) {
      for (const { traceId, start } of candidates(read(blockId), range)) {
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

/** Traces with a span in this block that fits, latest first by their earliest span in this block. */
function candidates(columns: Columns, range: Range): { traceId: string; start: bigint }[] {
  const service = range.service === undefined ? undefined : columns.services.indexOf(range.service)
  const earliest = new Map<number, bigint>()
  const fitting = new Set<number>()
  for (let at = 0; at < columns.spanCount; at++) {
    const start = columns.start[at] ?? 0n
    const trace = columns.trace[at] ?? 0
    const known = earliest.get(trace)
    if (known === undefined || start < known) earliest.set(trace, start)
    const fits =
      start >= range.start &&
      start < range.end &&
      (range.mask & (1 << (columns.source[at] ?? 0))) !== 0 &&
      (service === undefined || columns.service[at] === service)
    if (fits) fitting.add(trace)
  }
  return [...fitting]
    .map((trace) => ({ traceId: traceIdAt(columns, trace), start: earliest.get(trace) ?? 0n }))
    .sort((a, b) => compare(b.start, a.start))
}

function tooWide(spans: number, spansMax: number): StoreFault {
  return new StoreFault(
    'search_too_wide',
    `the search went through ${spans} spans, more than the limit of ${spansMax}. ` +
      'Narrow it: a shorter time range (start, end) or a lower limit.',
  )
}
