// What was counted of edges by minute since it was last saved: calls, errors, and durations in buckets of an eighth of an
// octave, for the quantiles of the dependency graph.

export type EdgeNames = { client: string; server: string; connection: string; source: number }
export type EdgeTotal = EdgeNames & {
  /** Of the server's span, or the only one: minutes since the epoch. */
  minute: number
  calls: number
  errors: number
  /** Pairs of a bucket (durationBucket) and how many. */
  durations: number[]
}

const minuteNano = 60_000_000_000

export class EdgeTotals {
  #totals = new Map<string, Map<number, Counted>>()
  #names = new Map<string, EdgeNames>()

  /** `key` is the edge's (edgeKey), which the caller has at hand. */
  add(key: string, names: EdgeNames, startNano: number, durationNano: number, failed: boolean): void {
    const counted = this.#of(key, names, Math.floor(startNano / minuteNano))
    counted.calls++
    if (failed) counted.errors++
    const bucket = durationBucket(durationNano)
    counted.durations.set(bucket, (counted.durations.get(bucket) ?? 0) + 1)
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
      const counted = this.#of(edgeKey(names), names, minute)
      counted.calls += calls
      counted.errors += errors
      for (let at = 0; at < durations.length; at += 2) {
        const [bucket = 0, count = 0] = [durations[at], durations[at + 1]]
        counted.durations.set(bucket, (counted.durations.get(bucket) ?? 0) + count)
      }
    }
  }

  #of(key: string, names: EdgeNames, minute: number): Counted {
    let minutes = this.#totals.get(key)
    if (minutes === undefined) {
      minutes = new Map()
      this.#totals.set(key, minutes)
      this.#names.set(key, names)
    }
    let counted = minutes.get(minute)
    if (counted === undefined) minutes.set(minute, (counted = { calls: 0, errors: 0, durations: new Map() }))
    return counted
  }
}

/** Of one edge, whatever the minute. */
export const edgeKey = ({ client, server, connection, source }: EdgeNames): string =>
  [client, server, connection, source].join('\0')

type Counted = { calls: number; errors: number; durations: Map<number, number> }

/** Eighths of an octave above a nanosecond: bucket n holds durations from 2^(n/8) on. */
export function durationBucket(nano: number): number {
  return nano < 2 ? 0 : Math.floor(Math.log2(nano) * 8)
}

/** The lower bound of a bucket, in nanoseconds. */
export const bucketStart = (bucket: number): number => (bucket === 0 ? 0 : 2 ** (bucket / 8))
