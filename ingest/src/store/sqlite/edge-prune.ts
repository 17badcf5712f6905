// Which edges counted by minute are older than every stored span, and may go. In: a read-only connection; out: what the
// writer is to remove, an hour of minutes at the most, looked for now and then.
import type Database from 'better-sqlite3'
import type { EdgePrune } from './span-metrics-table.ts'

const everyMs = 60_000
const minuteMs = 60_000
const minuteNano = 60_000_000_000n
const minutesMax = 60

export function createEdgePrune(db: Database.Database): (nowMs: number) => EdgePrune | undefined {
  const oldestStart = db
    .prepare<[], bigint | null>('SELECT min(start_min) FROM blocks')
    .pluck()
    .safeIntegers()
  const oldestMinute = db
    .prepare<[], number | null>('SELECT min(minute) FROM edge_counts WHERE minutes = 1')
    .pluck()
  const unused = db
    .prepare<[], number>(
      `SELECT id FROM edges WHERE id NOT IN (SELECT edge_id FROM edge_counts WHERE minutes = 60)`,
    )
    .pluck()
  let lookedMs = 0
  return (nowMs) => {
    if (nowMs - lookedMs < everyMs) return undefined
    lookedMs = nowMs
    const oldest = oldestMinute.get()
    if (oldest === undefined || oldest === null) return undefined
    const start = oldestStart.get()
    const keepFrom =
      start === undefined || start === null ? Math.floor(nowMs / minuteMs) : Number(start / minuteNano)
    if (oldest >= keepFrom) return undefined
    return { beforeMinute: Math.min(keepFrom, oldest + minutesMax), edgeIds: unused.all() }
  }
}
