// Numbers byte strings in the order in which they first come, for one block: ids, names. In: positions in a body; out:
// ordinals. An open hash table over the bytes themselves, since a JavaScript string a span costs as much as all else.
import { randomInt } from 'node:crypto'
import { equalBytes, hashBytes, spread } from '../../byte-hash.ts'

const slotsMin = 64
// Not known outside, so that nobody can choose names that all fall into one slot.
const seed = randomInt(2 ** 31)

/** Made once and used for block after block: its memory is reused. */
export class Ordinals {
  #view: DataView = new DataView(new ArrayBuffer(0))
  #slots = new Int32Array(slotsMin)
  #mask = slotsMin - 1
  /** Of distinct strings. */
  count = 0
  /** Position and length of each of them. */
  at = new Uint32Array(slotsMin / 2)
  sizes = new Uint32Array(slotsMin / 2)

  /** Forgets all strings. `countMax`: of distinct ones to come, in these bytes. */
  begin(view: DataView, countMax: number): void {
    const slots = Math.max(slotsMin, 2 ** Math.ceil(Math.log2(countMax * 2)))
    if (slots > this.#slots.length) {
      this.#slots = new Int32Array(slots)
      this.at = new Uint32Array(slots / 2)
      this.sizes = new Uint32Array(slots / 2)
    } else this.#slots.fill(0, 0, slots)
    this.#mask = slots - 1
    this.#view = view
    this.count = 0
  }

  /** -1 where it did not come yet. */
  find(at: number, size: number): number {
    return (this.#slots[this.#slot(at, size)] ?? 0) - 1
  }

  of(at: number, size: number): number {
    const slot = this.#slot(at, size)
    const known = this.#slots[slot] ?? 0
    if (known !== 0) return known - 1
    const ordinal = this.count++
    this.at[ordinal] = at
    this.sizes[ordinal] = size
    this.#slots[slot] = ordinal + 1
    return ordinal
  }

  /** Where the string is, or would be. */
  #slot(at: number, size: number): number {
    let slot = spread(hashBytes(this.#view, at, size, seed)) & this.#mask
    for (;;) {
      const ordinal = (this.#slots[slot] ?? 0) - 1
      if (ordinal < 0 || this.#holds(ordinal, at, size)) return slot
      slot = (slot + 1) & this.#mask
    }
  }

  #holds(ordinal: number, at: number, size: number): boolean {
    return this.sizes[ordinal] === size && equalBytes(this.#view, this.at[ordinal] ?? 0, this.#view, at, size)
  }
}
