// What a reader remembers of a search between two pages, so that the next page goes on instead of beginning anew: which
// blocks it is done with, which traces it has seen, and those of them that are still to come. Only to be quicker: without
// it a page finds the same. In: a question and the place that its next page goes on behind; out: what was remembered.
import type { SearchPlace, TraceSearch } from '../../questions.ts'
import type { Place } from './ranking.ts'

export type Remembered = {
  /** By data id: nothing in them is left to find. */
  done: Set<number>
  seen: Set<string>
  /** Seen, and not given yet. */
  waiting: Place[]
}

/** Of one reader, of traces seen: some 100 bytes each. */
const tracesKept = 300_000
const searchesKept = 8

export class PageMemory {
  readonly #kept = new Map<string, Remembered>()

  /** What was remembered goes with it: the page that is made keeps its own. */
  take(question: TraceSearch): Remembered {
    const { after } = question
    const key = after === undefined ? undefined : keyOf(question, after)
    const found = key === undefined ? undefined : this.#kept.get(key)
    if (key !== undefined) this.#kept.delete(key)
    return found ?? { done: new Set(), seen: new Set(), waiting: [] }
  }

  keep(question: TraceSearch, next: SearchPlace, remembered: Remembered): void {
    this.#kept.set(keyOf(question, next), remembered)
    let traces = 0
    for (const { seen } of this.#kept.values()) traces += seen.size
    for (const [oldest, { seen }] of this.#kept) {
      if (traces <= tracesKept && this.#kept.size <= searchesKept) break
      this.#kept.delete(oldest)
      traces -= seen.size
    }
  }
}

function keyOf({ pipeline, order, start, end, spansPerSet }: TraceSearch, place: SearchPlace): string {
  return JSON.stringify([pipeline, order, start, end, spansPerSet > 0, place], (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
}
