// Which edges were counted lately, so that a span that its sender sends again counts none again. Two halves that take
// turns: an edge is remembered for as long as edges wait, twice that at the most; less where there are very many.
import { FingerprintTable } from './fingerprints.ts'
import type { Fingerprint } from './fingerprints.ts'

/** Of each half: 10,000 edges a second for 10 s. */
const rememberedMax = 100_000

export class RememberedEdges {
  #newer = new FingerprintTable()
  #older = new FingerprintTable()
  #sinceMs = 0

  has(edge: Fingerprint): boolean {
    return this.#newer.get(edge) >= 0 || this.#older.get(edge) >= 0
  }

  add(edge: Fingerprint): void {
    if (this.#newer.size >= rememberedMax) this.#turn()
    this.#newer.set(edge, 1)
  }

  forget(nowMs: number, keptMs: number): void {
    if (nowMs - this.#sinceMs < keptMs) return
    // Where nothing came for so long both are old.
    if (nowMs - this.#sinceMs >= 2 * keptMs) this.#newer.clear()
    this.#turn()
    this.#sinceMs = nowMs
  }

  #turn(): void {
    ;[this.#newer, this.#older] = [this.#older, this.#newer]
    this.#newer.clear()
  }

  /** To be saved. */
  halves(): { sinceMs: number; newer: Uint32Array<ArrayBuffer>; older: Uint32Array<ArrayBuffer> } {
    return { sinceMs: this.#sinceMs, newer: this.#newer.keys(), older: this.#older.keys() }
  }

  restore({ sinceMs, newer, older }: ReturnType<RememberedEdges['halves']>): void {
    this.#sinceMs = sinceMs
    fill(this.#newer, newer)
    fill(this.#older, older)
  }
}

function fill(table: FingerprintTable, keys: Uint32Array): void {
  for (let at = 0; at < keys.length; at += 2) table.set({ high: keys[at] ?? 0, low: keys[at + 1] ?? 0 }, 1)
}
