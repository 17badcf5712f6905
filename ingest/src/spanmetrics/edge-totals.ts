// What was counted of edges by minute since it was last saved: calls, errors, and durations in buckets of an eighth of an
// octave, for the quantiles of the dependency graph.

import { bucketOf } from '../store/sqlite/query/duration-bucket.ts'

export type EdgeNames = { client: string; server: string; connection: string; source: number }
export type EdgeTotal = EdgeNames & {
  /** Of the server's span, or the only one: minutes since the epoch. */
  minute: number
  calls: number
  errors: number
  /** Pairs of a bucket (duration-bucket.ts) and how many. */
  durations: number[]
}

const minuteNano = 60_000_000_000

export class EdgeTotals {
  #totals = new Map<string, Map<number, MinuteTotal>>()
  #names = new Map<string, EdgeNames>()

  /** Where an edge's calls of that minute are counted, until they are taken. `key` is the edge's (edgeKey). */
  at(key: string, names: EdgeNames, minute: number): MinuteTotal {
    let minutes = this.#totals.get(key)
    if (minutes === undefined) {
      minutes = new Map()
      this.#totals.set(key, minutes)
      this.#names.set(key, names)
    }
    let total = minutes.get(minute)
    if (total === undefined) minutes.set(minute, (total = new MinuteTotal(minute)))
    return total
  }

  /** From here on it is empty. */
  take(): EdgeTotal[] {
    const taken: EdgeTotal[] = []
    for (const [key, minutes] of this.#totals) {
      const names = this.#names.get(key)
      if (names === undefined) continue
      for (const [minute, { calls, errors, durations }] of minutes) {
        taken.push({ ...names, minute, calls, errors, durations: [...durations].flat() })
      }
    }
    this.#totals = new Map()
    this.#names = new Map()
    return taken
  }

  /** What was taken and could not be saved. */
  putBack(totals: readonly EdgeTotal[]): void {
    for (const { client, server, connection, source, minute, calls, errors, durations } of totals) {
      const names = { client, server, connection, source }
      const counted = this.at(edgeKey(names), names, minute)
      counted.calls += calls
      counted.errors += errors
      for (let at = 0; at < durations.length; at += 2) {
        const [bucket = 0, count = 0] = [durations[at], durations[at + 1]]
        counted.durations.set(bucket, (counted.durations.get(bucket) ?? 0) + count)
      }
    }
  }
}

/** Of one edge, whatever the minute. */
export const edgeKey = ({ client, server, connection, source }: EdgeNames): string =>
  [client, server, connection, source].join('\0')

export class MinuteTotal {
  readonly minute: number
  calls = 0
  errors = 0
  readonly durations = new Map<number, number>()

  constructor(minute: number) {
    this.minute = minute
  }

  add(durationNano: number, failed: boolean): void {
    this.calls++
    if (failed) this.errors++
    const bucket = bucketOf(durationNano)
    this.durations.set(bucket, (this.durations.get(bucket) ?? 0) + 1)
  }
}

export const minuteOf = (startNano: number): number => Math.floor(startNano / minuteNano)
