// Answers who calls whom, from edges counted by minute and hour. In: a read-only connection, within a transaction of the
// caller's; out: an answer of questions.ts. A week of 100 edges is 17,000 rows.
import type Database from 'better-sqlite3'
import { bucketStart } from '../../spanmetrics/edge-totals.ts'
import { connectionTypes } from '../questions.ts'
import type { ConnectionType, DependenciesFound, DependenciesQuestion, Dependency } from '../questions.ts'
import { sourcesOf } from '../store.ts'
import { durationsOf } from './span-metrics-table.ts'
import { sourceAt, sourceMask } from './sources.ts'

type CountRow = { edgeId: number; calls: number; errors: number; durations: Buffer }
type EdgeRow = { id: number; client: string; server: string; connection: string; source: number }
type Sum = { calls: number; errors: number; durations: Float64Array }
type Minutes = { rowMinutes: 1 | 60; from: number; to: number }

const minuteNano = 60_000_000_000n
/** Of durations of 63 bits. */
const bucketsMax = 63 * 8 + 1
const farFuture = 2 ** 40

export function createDependencies(
  db: Database.Database,
): (question: DependenciesQuestion) => DependenciesFound {
  const counts = db.prepare<[number, number, number], CountRow>(
    `SELECT edge_id AS edgeId, calls, errors, durations FROM edge_counts
     WHERE minutes = ? AND minute >= ? AND minute < ?`,
  )
  const edges = db.prepare<[], EdgeRow>('SELECT id, client, server, connection, source FROM edges')
  const countedMs = db.prepare<[], number>('SELECT counted_ms FROM span_metrics').pluck()
  return ({ start, end, source }) => {
    const sums = new Map<number, Sum>()
    for (const { rowMinutes, from, to } of rangesOf(start, end)) {
      for (const row of counts.iterate(rowMinutes, from, to)) addTo(sums, row)
    }
    const mask = source === undefined ? ~0 : sourceMask(sourcesOf(source))
    const found = edges.all().flatMap((edge) => {
      const sum = sums.get(edge.id)
      return sum === undefined || (mask & (1 << edge.source)) === 0 ? [] : [dependencyOf(edge, sum)]
    })
    const counted = countedMs.get()
    return {
      dependencies: found.toSorted(byNames),
      countedUntil: counted === undefined ? undefined : BigInt(counted) * 1_000_000n,
    }
  }
}

/** Whole hours by the hour, what is left at both ends by the minute. */
export function rangesOf(start: bigint | undefined, end: bigint | undefined): Minutes[] {
  const from = start === undefined ? 0 : Number(start / minuteNano)
  const to = end === undefined ? farFuture : Number((end + minuteNano - 1n) / minuteNano)
  const firstHour = Math.ceil(from / 60) * 60
  const lastHour = Math.floor(to / 60) * 60
  if (firstHour >= lastHour) return [{ rowMinutes: 1, from, to }]
  return [
    { rowMinutes: 1, from, to: firstHour },
    { rowMinutes: 60, from: firstHour, to: lastHour },
    { rowMinutes: 1, from: lastHour, to },
  ]
}

function addTo(sums: Map<number, Sum>, { edgeId, calls, errors, durations }: CountRow): void {
  let sum = sums.get(edgeId)
  if (sum === undefined)
    sums.set(edgeId, (sum = { calls: 0, errors: 0, durations: new Float64Array(bucketsMax) }))
  sum.calls += calls
  sum.errors += errors
  for (const [bucket, count] of durationsOf(durations)) {
    sum.durations[bucket] = (sum.durations[bucket] ?? 0) + count
  }
}

function dependencyOf({ client, server, connection, source }: EdgeRow, sum: Sum): Dependency {
  const { calls, errors, durations } = sum
  return {
    client,
    server,
    connection: connectionOf(connection),
    source: sourceAt(source),
    calls,
    errors,
    p50: quantile(durations, calls, 0.5),
    p95: quantile(durations, calls, 0.95),
    p99: quantile(durations, calls, 0.99),
  }
}

const connectionOf = (text: string): ConnectionType =>
  connectionTypes.find((connection) => connection === text) ?? ''

/** Nanoseconds; within its bucket as if durations were spread evenly. */
export function quantile(durations: Float64Array, calls: number, part: number): number {
  const rank = calls * part
  let before = 0
  for (const [bucket, count] of durations.entries()) {
    if (count > 0 && before + count >= rank) {
      const [from, to] = [bucketStart(bucket), bucketStart(bucket + 1)]
      return from + ((to - from) * (rank - before)) / count
    }
    before += count
  }
  return 0
}

function byNames(a: Dependency, b: Dependency): number {
  return textOf(a) < textOf(b) ? -1 : 1
}

const textOf = ({ client, server, connection, source }: Dependency): string =>
  [client, server, connection, source].join('\0')
