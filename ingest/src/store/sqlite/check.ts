// Looks whether a database holds together: SQLite's own check, then block by block whether row, columns, body, filter,
// rollup and trace index tell the same. In: a path; out: what is wrong, at most `problemsMax` of it. Reads one block at a time
// in a transaction of its own, so that it can run beside the service.
import type Database from 'better-sqlite3'
import { locateSpans } from '../../otlp/scan.ts'
import { headAt, headStride } from '../../otlp/span-heads.ts'
import { WireReader } from '../../otlp/wire-reader.ts'
import { framesHolding } from './attribute-filter.ts'
import { attributeHash } from './attribute-hash.ts'
import { eachAttribute, ofSpan } from './attributes.ts'
import { createBlockReader, traceIdAt } from './block-reader.ts'
import type { BlockReader } from './block-reader.ts'
import { openExisting } from './existing.ts'

export type StoreCheck = { blocks: number; spans: number; problems: string[] }

const problemsMax = 100

type Row = { id: number; dataId: number; spanCount: number; startMin: bigint; startMax: bigint }

/** Throws StoreUnreadable. */
export function checkStore(path: string): StoreCheck {
  const db = openExisting(path)
  try {
    const found: StoreCheck = { blocks: 0, spans: 0, problems: ownCheck(db) }
    const check = createBlockCheck(db)
    for (let row = check(0); row !== undefined && found.problems.length < problemsMax; row = check(row.id)) {
      found.blocks++
      found.spans += row.spans
      found.problems.push(...row.problems)
    }
    return { ...found, problems: found.problems.slice(0, problemsMax) }
  } finally {
    db.close()
  }
}

function ownCheck(db: Database.Database): string[] {
  const lines = db.prepare<[], string>(`PRAGMA integrity_check(${problemsMax})`).pluck().all()
  const lost = (table: string, id: string): string[] => {
    const count = db
      .prepare<[], number>(`SELECT count(*) FROM ${table} WHERE ${id} NOT IN (SELECT data_id FROM blocks)`)
      .pluck()
      .get()
    return count === 0 ? [] : [`${count} rows of ${table} belong to no block`]
  }
  return [
    ...lines.filter((line) => line !== 'ok'),
    ...lost('block_data', 'id'),
    ...lost('block_rollups', 'data_id'),
  ]
}

type Checked = { id: number; spans: number; problems: string[] }

/** Of the block after this one. */
function createBlockCheck(db: Database.Database): (after: number) => Checked | undefined {
  const blocks = createBlockReader(db)
  const next = db
    .prepare<[number], Record<keyof Row, bigint>>(
      `SELECT id, data_id AS dataId, span_count AS spanCount, start_min AS startMin, start_max AS startMax
       FROM blocks WHERE id > ? ORDER BY id LIMIT 1`,
    )
    .safeIntegers()
  return db.transaction((after: number): Checked | undefined => {
    const found = next.get(after)
    if (found === undefined) return undefined
    const [id, dataId, spanCount] = [Number(found.id), Number(found.dataId), Number(found.spanCount)]
    const row: Row = { ...found, id, dataId, spanCount }
    try {
      return {
        id,
        spans: spanCount,
        problems: problemsOf(row, blocks).map((problem) => `block ${id}: ${problem}`),
      }
    } catch (error) {
      return {
        id,
        spans: spanCount,
        problems: [`block ${id}: ${error instanceof Error ? error.message : String(error)}`],
      }
    }
  })
}

function problemsOf({ id, dataId, spanCount, startMin, startMax }: Row, blocks: BlockReader): string[] {
  const columns = blocks.columns(dataId)
  const body = blocks.body(dataId)
  const heads = locateSpans(body)
  const problems: string[] = []
  if (columns.spanCount !== spanCount)
    problems.push(`${spanCount} spans, but ${columns.spanCount} in its columns`)
  if (heads.length / headStride !== spanCount) {
    problems.push(`${spanCount} spans, but ${heads.length / headStride} in its body`)
  }
  const starts = [...columns.start]
  if (
    !starts.includes(startMin) ||
    !starts.includes(startMax) ||
    starts.some((at) => at < startMin || at > startMax)
  ) {
    problems.push('its spans start at other times than its row says')
  }
  const traces = Array.from({ length: columns.traceIds.length / 16 }, (_, trace) => traceIdAt(columns, trace))
  const lost = traces.filter((traceId) => !blocks.blocksOf(traceId).some((block) => block.id === id))
  if (lost.length > 0)
    problems.push(`the trace index does not lead to it for ${lost.length} traces, as ${lost[0]}`)
  const counted = blocks.rollup(dataId).count.reduce((sum, count) => sum + count, 0)
  if (counted !== spanCount) problems.push(`${spanCount} spans, but ${counted} in its rollup`)
  const denied = deniedAttributes(body, heads, blocks.filter(dataId))
  if (denied > 0) problems.push(`its filter denies ${denied} attributes that it has`)
  return problems
}

function deniedAttributes(body: Buffer, heads: Uint32Array, filter: Buffer): number {
  const reader = new WireReader(body)
  let denied = 0
  for (let at = 0; at < heads.length; at += headStride) {
    eachAttribute(
      reader,
      heads[at + headAt.start] ?? 0,
      heads[at + headAt.end] ?? 0,
      ofSpan,
      (start, end) => {
        const hash = attributeHash(reader, start, end)
        if (hash !== undefined && framesHolding(filter, hash) === 0) denied++
      },
    )
  }
  return denied
}
