// Rows of blocks: inserted with their data, their services and their run of the trace index, and removed. In: a writing
// connection, and calls within a transaction of the caller's.
import type Database from 'better-sqlite3'
import type { PackedBlock, Share } from './packed-block.ts'
import { encodeShares } from './shares.ts'
import type { StoredShare } from './shares.ts'
import { pageOf } from './trace-keys.ts'

/** Of merged blocks: what a destination that follows them still tells apart. */
export type Part = [blockId: number, spans: number]

export type BlockPlace = {
  /** Undefined: the next. */
  id: number | undefined
  firstId: number | undefined
  storedMs: number
  parts: readonly Part[] | undefined
}

export type BlockTable = {
  /** With its keys in the trace index. Gives the block's id. */
  insert(block: PackedBlock, place: BlockPlace): number
  /** The trace index keeps its keys: `first_id` and `id` say which block they lead to now, if any. */
  insertMerged(block: PackedBlock, place: BlockPlace): void
  remove(id: number): void
  /** Services' ids: after a transaction failed, or services were removed, some may not exist. */
  forget(): void
}

export function createBlockTable(db: Database.Database): BlockTable {
  const block = db.prepare(
    `INSERT INTO blocks (id, first_id, stored_ms, span_count, start_min, start_max, duration_max, sources, statuses,
       kinds, data_id, bytes, body_bytes, shares, parts)
     VALUES ($id, coalesce($firstId, 0), $storedMs, $spanCount, $startMin, $startMax, $durationMax, $sources, $statuses,
       $kinds, $dataId, $bytes, $bodyBytes, $shares, $parts)`,
  )
  const isItsOwnFirst = db.prepare('UPDATE blocks SET first_id = id WHERE id = ?')
  const data = db.prepare('INSERT INTO block_data (filter, columns, body) VALUES (?, ?, ?)')
  const removeData = db.prepare('DELETE FROM block_data WHERE id = (SELECT data_id FROM blocks WHERE id = ?)')
  const removeBlock = db.prepare('DELETE FROM blocks WHERE id = ?')
  const run = db.prepare(
    'INSERT INTO trace_runs (level, block_min, block_max, entry_count) VALUES (0, ?, ?, ?)',
  )
  const page = db.prepare('INSERT INTO trace_pages (run_id, key_min, entries) VALUES (?, ?, ?)')
  const services = createServices(db)

  const rollups = db.prepare('INSERT INTO block_rollups (data_id, rollup) VALUES (?, ?)')
  const removeRollup = db.prepare(
    'DELETE FROM block_rollups WHERE data_id = (SELECT data_id FROM blocks WHERE id = ?)',
  )

  function insertRow(packed: PackedBlock, { id, firstId, storedMs, parts }: BlockPlace): number {
    const { filter, columns, body, rollup } = packed
    const dataId = data.run(filter, columns, body).lastInsertRowid
    if (rollup !== undefined) rollups.run(dataId, rollup)
    const row = block.run({
      id,
      firstId,
      storedMs,
      spanCount: packed.spanCount,
      startMin: packed.startMin,
      startMax: packed.startMax,
      durationMax: packed.durationMax,
      sources: packed.sources,
      statuses: packed.statuses,
      kinds: packed.kinds,
      dataId,
      bodyBytes: packed.bodyBytes,
      bytes: filter.length + columns.length + body.length + (rollup?.length ?? 0),
      shares: encodeShares(packed.shares.map((share) => services.stored(share))),
      parts: parts === undefined ? null : JSON.stringify(parts),
    })
    if (firstId === undefined) isItsOwnFirst.run(row.lastInsertRowid)
    return Number(row.lastInsertRowid)
  }

  return {
    insert(packed, place) {
      const id = insertRow(packed, place)
      const { traceKeys } = packed
      const runId = run.run(id, id, traceKeys.length).lastInsertRowid
      page.run(runId, traceKeys[0] ?? 0n, pageOf(traceKeys, new Uint32Array(traceKeys.length)))
      return id
    },
    insertMerged: insertRow,
    remove(id) {
      removeRollup.run(id)
      removeData.run(id)
      removeBlock.run(id)
    },
    forget: () => services.forget(),
  }
}

const rememberedMax = 10_000

type Services = { stored(share: Share): StoredShare; forget(): void }

/** The dictionary of service names, and which sources sent them. */
function createServices(db: Database.Database): Services {
  const insert = db.prepare('INSERT OR IGNORE INTO services (name) VALUES (?)')
  const find = db.prepare('SELECT id FROM services WHERE name = ?').pluck()
  const insertSource = db.prepare('INSERT OR IGNORE INTO service_sources (service_id, source) VALUES (?, ?)')
  const known = new Map<string, number>()
  return {
    stored({ source, service, spans, bytes }) {
      const key = `${source} ${service}`
      let serviceId = known.get(key)
      if (serviceId === undefined) {
        if (known.size >= rememberedMax) known.clear()
        insert.run(service)
        serviceId = Number(find.get(service))
        insertSource.run(serviceId, source)
        known.set(key, serviceId)
      }
      return { serviceId, source, spans, bytes }
    },
    forget: () => known.clear(),
  }
}
