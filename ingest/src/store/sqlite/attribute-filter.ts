// A Bloom filter over a block's attributes: which "key has value" cannot be in it. In: hashes; out: bytes, a power of
// two of them. Each hash sets one bit in each of the four words of one cell, so that asking and adding touch 16 bytes.
// It is made larger than needed and folded (one half laid over the other) while few bits are set: so no attribute has
// to be counted first. What is kept says "perhaps" for at most some 0.3 % of what is not there.

export const cellBytes = 16
const cellsMax = 2 ** 14
// Of spans that have more than some ten attributes of their own each, the filter tells less.
const cellsPerSpan = 1
// Folded while at most this part of the bits is set; about doubles by a fold. Twice as large as with 0.22, which let one
// block in forty through: of 20 million spans 60 bodies for nothing.
const filledMax = 0.11

// A thread makes one filter at a time: they share what they are made in.
const scratch = new Uint32Array(cellsMax * 4)

export class AttributeFilter {
  #words: Uint32Array

  constructor(spanCount: number) {
    const cells = Math.min(cellsMax, 2 ** Math.ceil(Math.log2(Math.max(1, spanCount * cellsPerSpan))))
    this.#words = scratch.subarray(0, cells * 4).fill(0)
  }

  add(hash: number): void {
    const words = this.#words
    const at = cellOf(hash, words.length)
    const bits = bitsOf(hash)
    words[at] = (words[at] ?? 0) | (1 << (bits & 31))
    words[at + 1] = (words[at + 1] ?? 0) | (1 << ((bits >>> 5) & 31))
    words[at + 2] = (words[at + 2] ?? 0) | (1 << ((bits >>> 10) & 31))
    words[at + 3] = (words[at + 3] ?? 0) | (1 << ((bits >>> 15) & 31))
  }

  /** Ends the adding. */
  toBytes(): Buffer {
    while (this.#words.length * 4 > cellBytes && filled(this.#words) <= filledMax) this.#fold()
    return Buffer.from(this.#words.slice().buffer)
  }

  #fold(): void {
    const half = this.#words.length / 2
    const words = this.#words
    for (let at = 0; at < half; at++) words[at] = (words[at] ?? 0) | (words[half + at] ?? 0)
    this.#words = words.subarray(0, half)
  }
}

/** False only where it is not there. */
export function mayHold(filter: Buffer, hash: number): boolean {
  return holdsBits(filter, cellOf(hash, filter.length / 4) * 4, hash)
}

/** Whether all of the hash's bits are set in the cell at this byte. */
export function holdsBits(bytes: Buffer, at: number, hash: number): boolean {
  const bits = bitsOf(hash)
  const isSet = (word: number): boolean =>
    ((bytes.readUInt32LE(at + word * 4) >>> ((bits >>> (word * 5)) & 31)) & 1) === 1
  return isSet(0) && isSet(1) && isSet(2) && isSet(3)
}

/** The first of the cell's words. From the hash's low bits: so a fold puts each cell where this finds it. */
const cellOf = (hash: number, words: number): number => (hash & (words / 4 - 1)) * 4
const bitsOf = (hash: number): number => Math.imul(hash, 0x9e3779b1) >>> 12

function filled(words: Uint32Array): number {
  let ones = 0
  for (const word of words) {
    let rest = word - ((word >>> 1) & 0x55555555)
    rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333)
    ones += Math.imul((rest + (rest >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
  }
  return ones / (words.length * 32)
}
