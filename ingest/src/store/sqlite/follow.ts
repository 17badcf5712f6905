// What a destination has not got yet: the first block after the one it is done with. Merging blocks does not show
// here: of a merged block the parts up to that one are left out. Within a transaction of the caller's.
import type Database from 'better-sqlite3'
import { selectSpans } from '../../otlp/regroup.ts'
import type { StoredBlock } from '../store.ts'
import type { BlockReader } from './block-reader.ts'
import type { Part } from './block-table.ts'

type Row = { id: number; dataId: number; spanCount: number; parts: string | null }

export function createFollow(
  db: Database.Database,
  blocks: Pick<BlockReader, 'body'>,
): (blockId: number) => StoredBlock | undefined {
  const next = db.prepare<[number], Row>(
    `SELECT id, data_id AS dataId, span_count AS spanCount, parts FROM blocks WHERE id > ? ORDER BY id LIMIT 1`,
  )
  return (blockId) => {
    const row = next.get(blockId)
    if (row === undefined) return undefined
    const { id, dataId, spanCount } = row
    const done = spansUpTo(partsOf(row.parts), blockId)
    const body = blocks.body(dataId)
    if (done === 0) return { id, spanCount, body }
    return { id, spanCount: spanCount - done, body: selectSpans(body, (ordinal) => ordinal >= done) }
  }
}

export function partsOf(parts: string | null): Part[] {
  if (parts === null) return []
  const found: unknown = JSON.parse(parts)
  if (Array.isArray(found) && found.every(isPart)) return found
  throw new Error(`the parts of a block are ${parts}: run "probespan store check"`)
}

function isPart(value: unknown): value is Part {
  return Array.isArray(value) && value.length === 2 && value.every((each) => Number.isSafeInteger(each))
}

export function spansUpTo(parts: readonly Part[], blockId: number): number {
  return parts.reduce((sum, [id, spans]) => (id <= blockId ? sum + spans : sum), 0)
}
