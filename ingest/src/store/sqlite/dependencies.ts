// Answers who calls whom, from edges counted by minute and hour. In: a read-only connection, within a transaction of the
// caller's; out: an answer of questions.ts. A week of 100 edges is 17,000 rows.
import type Database from 'better-sqlite3'
import { connectionTypes } from '../questions.ts'
import type { ConnectionType, DependenciesFound, DependenciesQuestion, Dependency } from '../questions.ts'
import { sourcesOf } from '../store.ts'
import { DurationCounts } from './query/duration-bucket.ts'
import { durationsOf } from './span-metrics-table.ts'
import { sourceAt, sourceMask } from './sources.ts'

type CountRow = { edgeId: number; calls: number; errors: number; durations: Buffer }
type EdgeRow = { id: number; client: string; server: string; connection: string; source: number }
type Sum = { calls: number; errors: number; durations: DurationCounts }
type Minutes = { rowMinutes: 1 | 60; from: number; to: number }

const minuteNano = 60_000_000_000n
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
  if (sum === undefined) sums.set(edgeId, (sum = { calls: 0, errors: 0, durations: new DurationCounts() }))
  sum.calls += calls
  sum.errors += errors
  for (const [bucket, count] of durationsOf(durations)) {
    sum.durations.addOne(bucket, count)
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
    p50: durations.quantile(0.5),
    p95: durations.quantile(0.95),
    p99: durations.quantile(0.99),
  }
}

const connectionOf = (text: string): ConnectionType =>
  connectionTypes.find((connection) => connection === text) ?? ''

function byNames(a: Dependency, b: Dependency): number {
  return textOf(a) < textOf(b) ? -1 : 1
}

const textOf = ({ client, server, connection, source }: Dependency): string =>
  [client, server, connection, source].join('\0')
