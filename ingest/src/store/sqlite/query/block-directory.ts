// What each block's row says of it, by which questions leave most blocks out. In: a connection, within a transaction of
// the caller's; out: rows as objects.
import type Database from 'better-sqlite3'
import type { Part } from '../block-table.ts'
import { partsOf, spansUpTo } from '../parts.ts'

export type BlockRow = {
  id: number
  firstId: number
  dataId: number
  spanCount: number
  /** Of its spans' starts, Unix nanoseconds. */
  startMin: bigint
  startMax: bigint
  durationMax: bigint
  /** Bit n: it has spans of the n-th source, status, kind. */
  sources: number
  statuses: number
  kinds: number
  bytes: number
  shares: Buffer
  parts: readonly Part[] | undefined
}

export type BlockDirectory = {
  /** By id. */
  all(): readonly BlockRow[]
  /** Latest start first, equal ones by id, the last first. */
  byStart(): readonly BlockRow[]
  get(id: number): BlockRow | undefined
  lastId(): number
}

type Found = Record<
  Exclude<keyof BlockRow, 'shares' | 'parts' | 'startMin' | 'startMax' | 'durationMax'>,
  bigint
> & { startMin: bigint; startMax: bigint; durationMax: bigint; shares: Buffer; parts: string | null }

export function createBlockDirectory(db: Database.Database): () => BlockDirectory {
  const select = db
    .prepare<[], Found>(
      `SELECT id, first_id AS firstId, data_id AS dataId, span_count AS spanCount, start_min AS startMin,
         start_max AS startMax, duration_max AS durationMax, sources, statuses, kinds, bytes, shares, parts
       FROM blocks ORDER BY id`,
    )
    .safeIntegers()
  return () => {
    const rows = select.all().map(rowOf)
    const byId = new Map(rows.map((row) => [row.id, row]))
    return {
      all: () => rows,
      byStart: () => rows.toSorted(latestFirst),
      get: (id) => byId.get(id),
      lastId: () => rows.at(-1)?.id ?? 0,
    }
  }
}

function rowOf(found: Found): BlockRow {
  return {
    id: Number(found.id),
    firstId: Number(found.firstId),
    dataId: Number(found.dataId),
    spanCount: Number(found.spanCount),
    startMin: found.startMin,
    startMax: found.startMax,
    durationMax: found.durationMax,
    sources: Number(found.sources),
    statuses: Number(found.statuses),
    kinds: Number(found.kinds),
    bytes: Number(found.bytes),
    shares: found.shares,
    parts: found.parts === null ? undefined : partsOf(found.parts),
  }
}

function latestFirst(a: BlockRow, b: BlockRow): number {
  if (a.startMax !== b.startMax) return a.startMax < b.startMax ? 1 : -1
  return b.id - a.id
}

/**
 * How many of the block's spans, its first ones, were there when `asOfBlock` was the last block. All of a merged block
 * that began before and does not tell its parts any more.
 */
export function spansAsOf(row: BlockRow, asOfBlock: number): number {
  if (row.id <= asOfBlock) return row.spanCount
  if (row.firstId > asOfBlock) return 0
  return row.parts === undefined ? row.spanCount : spansUpTo(row.parts, asOfBlock)
}
