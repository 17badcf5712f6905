// Span metrics as the writing thread saves them: what was counted, where counting stands, and edges by minute, all of it
// in one transaction. In: a writing connection. The place is a cursor beside those of destinations, so that merging and
// retention treat it as one of them.
import type Database from 'better-sqlite3'
import type { EdgeTotal } from '../../spanmetrics/edge-totals.ts'

/** No destination can be called so: names have no blanks. */
export const spanMetricsCursor = 'span metrics'

export type SavedSpanMetrics = {
  /** Blocks up to this one are counted. */
  blockId: number
  countedMs: number
  state: Uint8Array
  totals: readonly EdgeTotal[]
  prune: EdgePrune | undefined
}

/** What nothing is stored of any more. */
export type EdgePrune = { beforeMinute: number; edgeIds: readonly number[] }

export type SpanMetricsTable = {
  /** Where counting stands: at the beginning of what is stored, the first time. */
  openSpanMetrics: () => { blockId: number; state: Uint8Array | undefined }
  saveSpanMetrics: (saved: SavedSpanMetrics) => void
  /** As if nothing had been counted. */
  forgetSpanMetrics: () => void
}

const minutesPerHour = 60

export function createSpanMetricsTable(db: Database.Database): SpanMetricsTable {
  db.function('merged_durations', { deterministic: true }, (known: unknown, more: unknown) =>
    mergedDurations(known, more),
  )
  const begin = db.prepare(
    'INSERT OR IGNORE INTO cursors (destination, block_id, spans_done) VALUES (?, 0, 0)',
  )
  const place = db.prepare<[string], number>('SELECT block_id FROM cursors WHERE destination = ?').pluck()
  const move = db.prepare('UPDATE cursors SET block_id = ? WHERE destination = ?')
  const found = db.prepare<[], Buffer>('SELECT state FROM span_metrics').pluck()
  const keep = db.prepare('INSERT OR REPLACE INTO span_metrics (id, counted_ms, state) VALUES (1, ?, ?)')
  const edges = edgeTable(db)
  const forget = db.prepare('DELETE FROM cursors WHERE destination = ?')

  const save = db.transaction(({ blockId, countedMs, state, totals, prune }: SavedSpanMetrics) => {
    move.run(blockId, spanMetricsCursor)
    keep.run(countedMs, state)
    // First: an edge that goes may come again with these totals.
    if (prune !== undefined) edges.prune(prune)
    for (const total of totals) edges.add(total)
  })
  const open = db.transaction(() => {
    begin.run(spanMetricsCursor)
    return { blockId: place.get(spanMetricsCursor) ?? 0, state: found.get() }
  })
  const drop = db.transaction(() => {
    forget.run(spanMetricsCursor)
    db.exec('DELETE FROM span_metrics; DELETE FROM edge_counts; DELETE FROM edges')
  })
  return {
    openSpanMetrics: () => open.immediate(),
    saveSpanMetrics: (saved) => save.immediate(saved),
    forgetSpanMetrics: () => drop.immediate(),
  }
}

function edgeTable(db: Database.Database): {
  add: (total: EdgeTotal) => void
  prune: (prune: EdgePrune) => void
} {
  const insert = db.prepare(
    'INSERT OR IGNORE INTO edges (client, server, connection, source) VALUES (?, ?, ?, ?)',
  )
  const find = db
    .prepare<[string, string, string, number], number>(
      'SELECT id FROM edges WHERE client = ? AND server = ? AND connection = ? AND source = ?',
    )
    .pluck()
  const count = db.prepare(
    `INSERT INTO edge_counts (minutes, minute, edge_id, calls, errors, durations) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, errors = errors + excluded.errors,
       durations = merged_durations(durations, excluded.durations)`,
  )
  const pruneCounts = db.prepare('DELETE FROM edge_counts WHERE minutes = ? AND minute < ?')
  const pruneEdge = db.prepare('DELETE FROM edges WHERE id = ?')
  return {
    add({ client, server, connection, source, minute, calls, errors, durations }) {
      const edge = [client, server, connection, source] as const
      let id = find.get(...edge)
      if (id === undefined) {
        insert.run(...edge)
        id = Number(find.get(...edge))
      }
      const blob = Buffer.from(new Uint32Array(durations).buffer)
      const hour = minute - (minute % minutesPerHour)
      count.run(1, minute, id, calls, errors, blob)
      count.run(minutesPerHour, hour, id, calls, errors, blob)
    },
    prune({ beforeMinute, edgeIds }) {
      pruneCounts.run(1, beforeMinute)
      pruneCounts.run(minutesPerHour, beforeMinute - minutesPerHour + 1)
      for (const id of edgeIds) pruneEdge.run(id)
    },
  }
}

function mergedDurations(known: unknown, more: unknown): Buffer {
  const counts = new Map<number, number>()
  for (const blob of [known, more]) {
    for (const [bucket, count] of durationsOf(blob)) counts.set(bucket, (counts.get(bucket) ?? 0) + count)
  }
  return Buffer.from(new Uint32Array([...counts].flat()).buffer)
}

/** Buckets and how many are in each. */
export function* durationsOf(blob: unknown): Generator<[bucket: number, count: number]> {
  if (!Buffer.isBuffer(blob)) return
  for (let at = 0; at < blob.length; at += 8) yield [blob.readUInt32LE(at), blob.readUInt32LE(at + 4)]
}
