// Numbers byte strings in the order in which they first come, for one block: ids, names. In: positions in a body; out:
// ordinals. An open hash table over the bytes themselves, since a JavaScript string a span costs as much as all else.
import { randomInt } from 'node:crypto'
import { equalBytes, hashBytes, spread } from './byte-hash.ts'

const slotsMin = 64
// Not known outside, so that nobody can choose names that all fall into one slot.
const seed = randomInt(2 ** 31)

export class Ordinals {
  readonly #view: DataView
  readonly #slots: Int32Array
  /** Position and length of each distinct string. */
  readonly at: number[] = []
  readonly sizes: number[] = []

  /** `countMax`: of distinct strings. */
  constructor(view: DataView, countMax: number) {
    this.#view = view
    this.#slots = new Int32Array(Math.max(slotsMin, 2 ** Math.ceil(Math.log2(countMax * 2))))
  }

  get count(): number {
    return this.at.length
  }

  /** -1 where it did not come yet. */
  find(at: number, size: number): number {
    return (this.#slots[this.#slot(at, size)] ?? 0) - 1
  }

  of(at: number, size: number): number {
    const slot = this.#slot(at, size)
    const known = this.#slots[slot] ?? 0
    if (known !== 0) return known - 1
    this.#slots[slot] = this.at.push(at)
    this.sizes.push(size)
    return this.at.length - 1
  }

  /** Where the string is, or would be. */
  #slot(at: number, size: number): number {
    const mask = this.#slots.length - 1
    let slot = spread(hashBytes(this.#view, at, size, seed)) & mask
    for (;;) {
      const ordinal = (this.#slots[slot] ?? 0) - 1
      if (ordinal < 0 || this.#holds(ordinal, at, size)) return slot
      slot = (slot + 1) & mask
    }
  }

  #holds(ordinal: number, at: number, size: number): boolean {
    return this.sizes[ordinal] === size && equalBytes(this.#view, this.at[ordinal] ?? 0, at, size)
  }
}
