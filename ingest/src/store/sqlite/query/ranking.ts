// The first traces of an order, as they are found in any order. In: traces with the number that they are ordered by; out:
// at most `limit` of them, the highest first, equal ones by trace id. Pure.

export type Ranked<T> = { key: bigint; traceId: string; value: T }

export class Ranking<T> {
  readonly #limit: number
  readonly #ranked: Ranked<T>[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Whether a trace of this place would be among them. */
  takes(place: Omit<Ranked<T>, 'value'>): boolean {
    const last = this.#ranked[this.#limit - 1]
    return last === undefined || isBefore(place, last)
  }

  /** Gives the one that is not among them any more. */
  add(ranked: Ranked<T>): Ranked<T> | undefined {
    let [low, high] = [0, this.#ranked.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      const at = this.#ranked[middle]
      if (at !== undefined && isBefore(at, ranked)) low = middle + 1
      else high = middle
    }
    this.#ranked.splice(low, 0, ranked)
    return this.#ranked.length > this.#limit ? this.#ranked.pop() : undefined
  }

  /** The key of the last one, once there are as many as may be. */
  leastKey(): bigint | undefined {
    return this.#ranked[this.#limit - 1]?.key
  }

  all(): readonly Ranked<T>[] {
    return this.#ranked
  }
}

export type Place = { key: bigint; traceId: string }

export function isBefore(a: Place, b: Place): boolean {
  return a.key === b.key ? a.traceId < b.traceId : a.key > b.key
}
