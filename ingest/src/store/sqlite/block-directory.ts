// What each block's row says of it, by which questions leave most blocks out, kept in memory: of 20 million spans it is
// 2,500 rows, and reading them takes longer than most answers. In: a connection, within a transaction of the caller's;
// out: rows as of that transaction. What came since the last question is read by id, what was replaced by block_changes.
import type Database from 'better-sqlite3'
import type { Part } from './block-table.ts'
import { partsOf, spansUpTo } from './parts.ts'

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
  /** Where the spans are now that were stored in this block. */
  holding(formerId: number): BlockRow | undefined
  lastId(): number
}

type Found = Record<
  Exclude<keyof BlockRow, 'shares' | 'parts' | 'startMin' | 'startMax' | 'durationMax'>,
  bigint
> & { startMin: bigint; startMax: bigint; durationMax: bigint; shares: Buffer; parts: string | null }

const columns = `id, first_id AS firstId, data_id AS dataId, span_count AS spanCount, start_min AS startMin,
  start_max AS startMax, duration_max AS durationMax, sources, statuses, kinds, bytes, shares, parts`
/** So many changes are kept, see changes.ts. */
export const changesKept = 1_000
/** More rows than these are sorted anew. */
const insertedMax = 64

type Change = { id: number; firstId: number; lastId: number }

export function createBlockDirectory(db: Database.Database): () => BlockDirectory {
  const between = db
    .prepare<[number, number], Found>(`SELECT ${columns} FROM blocks WHERE id BETWEEN ? AND ? ORDER BY id`)
    .safeIntegers()
  const changesAfter = db.prepare<[number], Change>(
    'SELECT id, first_id AS firstId, last_id AS lastId FROM block_changes WHERE id > ? ORDER BY id',
  )
  const version = db.prepare<[], number>('PRAGMA data_version').pluck()
  const directory = new Directory()
  let [seenVersion, seenChange] = [-1, 0]

  function refresh(): void {
    const changes = changesAfter.all(seenChange)
    const isTold = changes.length === 0 || changes[0]?.id === seenChange + 1
    if (!isTold || changes.length >= changesKept) directory.replace(0, Number.MAX_SAFE_INTEGER, [])
    else {
      for (const { firstId, lastId } of changes) {
        const until = Math.min(lastId, directory.lastId())
        if (firstId <= until) directory.replace(firstId, until, between.all(firstId, until).map(rowOf))
      }
    }
    seenChange = changes.at(-1)?.id ?? seenChange
    const last = directory.lastId()
    directory.replace(
      last + 1,
      Number.MAX_SAFE_INTEGER,
      between.all(last + 1, Number.MAX_SAFE_INTEGER).map(rowOf),
    )
  }

  return () => {
    const now = version.get() ?? 0
    if (now !== seenVersion) refresh()
    seenVersion = now
    return directory
  }
}

class Directory implements BlockDirectory {
  #byId: BlockRow[] = []
  #byStart: BlockRow[] = []

  all(): readonly BlockRow[] {
    return this.#byId
  }

  byStart(): readonly BlockRow[] {
    return this.#byStart
  }

  lastId(): number {
    return this.#byId.at(-1)?.id ?? 0
  }

  get(id: number): BlockRow | undefined {
    const row = this.#byId[this.#place(id)]
    return row?.id === id ? row : undefined
  }

  holding(formerId: number): BlockRow | undefined {
    const row = this.#byId[this.#place(formerId)]
    return row !== undefined && row.firstId <= formerId ? row : undefined
  }

  /** Of the first row with this id or a later one. */
  #place(id: number): number {
    let [low, high] = [0, this.#byId.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#byId[middle]?.id ?? 0) < id) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Rows with ids in this range become these. */
  replace(firstId: number, lastId: number, rows: readonly BlockRow[]): void {
    const from = this.#place(firstId)
    const removed = new Set(this.#byId.splice(from, this.#place(lastId + 1) - from))
    this.#byId = [...this.#byId.slice(0, from), ...rows, ...this.#byId.slice(from)]
    if (removed.size > 0) this.#byStart = this.#byStart.filter((row) => !removed.has(row))
    if (rows.length > insertedMax) this.#byStart = [...this.#byStart, ...rows].sort(latestFirst)
    else for (const row of rows) this.#insert(row)
  }

  #insert(row: BlockRow): void {
    let [low, high] = [0, this.#byStart.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      const at = this.#byStart[middle]
      if (at !== undefined && latestFirst(at, row) < 0) low = middle + 1
      else high = middle
    }
    this.#byStart.splice(low, 0, row)
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
