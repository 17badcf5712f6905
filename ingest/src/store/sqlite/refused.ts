// Batches that destinations refused, in their table: kept by the writing thread, listed by the reading ones. Bodies are
// compressed there and unpacked here; each call is within a transaction of the caller's, or one statement.
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type Database from 'better-sqlite3'
import type { Refusal, RefusedBatch } from '../destination-store.ts'

type Row = Omit<RefusedBatch, 'replay'> & { replay: number }

const columns = `id, refused_ms AS refusedMs, reason, span_count AS spanCount, spans_refused AS spansRefused, replay, body`
// A batch is a part of a block, and those are bounded: see block-reader.ts.
const bodyBytesMax = 256 * 2 ** 20

export type RefusedReader = {
  refusedBatches: (asked: { destination: string; afterId: number; limit: number }) => RefusedBatch[]
  nextReplay: (destination: string) => RefusedBatch | undefined
}

export function createRefusedReader(db: Database.Database): RefusedReader {
  const after = db.prepare<[string, number, number], Row>(
    `SELECT ${columns} FROM refused WHERE destination = ? AND id > ? ORDER BY id LIMIT ?`,
  )
  const next = db.prepare<[string], Row>(
    `SELECT ${columns} FROM refused WHERE destination = ? AND replay = 1 ORDER BY id LIMIT 1`,
  )
  return {
    refusedBatches: ({ destination, afterId, limit }) => after.all(destination, afterId, limit).map(batchOf),
    nextReplay(destination) {
      const row = next.get(destination)
      return row && batchOf(row)
    },
  }
}

function batchOf(row: Row): RefusedBatch {
  const body = zstdDecompressSync(row.body, { maxOutputLength: bodyBytesMax })
  return { ...row, body, replay: row.replay === 1 }
}

export type RefusedTable = {
  setAside: (destination: string, refused: readonly Refusal[]) => void
  /** Oldest first, beyond so many bytes of a destination; gives how many refused spans went. */
  dropBeyond: (destination: string, keptBytesMax: number) => number
  /** Undefined: all of the destination. Both give how many. */
  mark: (destination: string, id: number | undefined) => number
  drop: (destination: string, id: number | undefined) => number
}

export function createRefusedTable(db: Database.Database): RefusedTable {
  const insert = db.prepare(
    `INSERT INTO refused (destination, refused_ms, reason, span_count, spans_refused, bytes, body)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const newestFirst = db.prepare<[string], { id: number; bytes: number }>(
    'SELECT id, bytes FROM refused WHERE destination = ? ORDER BY id DESC',
  )
  const spansUpTo = db
    .prepare<[string, number], number>(
      'SELECT coalesce(sum(spans_refused), 0) FROM refused WHERE destination = ? AND id <= ?',
    )
    .pluck()
  const dropUpTo = db.prepare('DELETE FROM refused WHERE destination = ? AND id <= ?')
  const mark = db.prepare(
    'UPDATE refused SET replay = 1 WHERE destination = ? AND id = coalesce(?, id) AND replay = 0',
  )
  const drop = db.prepare('DELETE FROM refused WHERE destination = ? AND id = coalesce(?, id)')

  /** The newest one that there is no room for. */
  function lastBeyond(destination: string, keptBytesMax: number): number | undefined {
    let kept = 0
    for (const { id, bytes } of newestFirst.iterate(destination)) {
      kept += bytes
      if (kept > keptBytesMax) return id
    }
    return undefined
  }

  return {
    setAside(destination, refused) {
      for (const { body, spanCount, spansRefused, reason } of refused) {
        const packed = zstdCompressSync(body)
        insert.run(destination, Date.now(), reason, spanCount, spansRefused, packed.length, packed)
      }
    },
    dropBeyond(destination, keptBytesMax) {
      const last = lastBeyond(destination, keptBytesMax)
      if (last === undefined) return 0
      const spans = spansUpTo.get(destination, last) ?? 0
      dropUpTo.run(destination, last)
      return spans
    },
    mark: (destination, id) => mark.run(destination, id ?? null).changes,
    drop: (destination, id) => drop.run(destination, id ?? null).changes,
  }
}
