// Numbers byte strings in the order in which they first come, for one block: ids, names. In: positions in a body; out:
// ordinals. An open hash table over the bytes themselves, since a JavaScript string a span costs as much as all else.
import { randomInt } from 'node:crypto'

const slotsMin = 64
// Not known outside, so that nobody can choose names that all fall into one slot.
const seed = randomInt(2 ** 32)

export class Ordinals {
  readonly #bytes: Uint8Array
  readonly #slots: Int32Array
  /** Position and length of each distinct string. */
  readonly at: number[] = []
  readonly sizes: number[] = []

  /** `countMax`: of distinct strings. */
  constructor(bytes: Uint8Array, countMax: number) {
    this.#bytes = bytes
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
    let slot = hashOf(this.#bytes, at, size) & mask
    for (;;) {
      const ordinal = (this.#slots[slot] ?? 0) - 1
      if (ordinal < 0 || this.#holds(ordinal, at, size)) return slot
      slot = (slot + 1) & mask
    }
  }

  #holds(ordinal: number, at: number, size: number): boolean {
    if (this.sizes[ordinal] !== size) return false
    const other = this.at[ordinal] ?? 0
    for (let index = 0; index < size; index++) {
      if (this.#bytes[other + index] !== this.#bytes[at + index]) return false
    }
    return true
  }
}

function hashOf(bytes: Uint8Array, at: number, size: number): number {
  // FNV-1a, and its high bits brought down to where the mask looks.
  let hash = seed
  for (let index = at; index < at + size; index++) hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x01000193)
  return hash ^ (hash >>> 15)
}
