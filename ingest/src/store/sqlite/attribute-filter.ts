// A Bloom filter over a block's attributes: which "key has value" cannot be in which frame of its body. In: hashes, each
// with its frame; out: bytes. A hash chooses a cell of 16 bytes, hash and frame together six bits of it: so that one look
// at 16 bytes tells of all frames. It is made larger than needed and folded (one half laid over the other) while few bits
// are set: so no attribute has to be counted first. What is kept says "perhaps" for some 0.3 % of what is not there.
// Layout: the cells, a power of two of them; u32 version. Up to version 3 of the database there was no version, a hash had
// four bits, and nothing was told of frames.

export const cellBytes = 16
const version = 2
const versionBytes = 4
/** Frames from the ninth on share these. */
export const framesTold = 8
const everyFrame = 2 ** framesTold - 1
const cellsMax = 2 ** 14
// Of spans that have more than some ten attributes of their own each, the filter tells less.
const cellsPerSpan = 1
// Folded while at most this part of the bits is set; about doubles by a fold. With four bits a hash and 0.22 it was half as
// large, and let one block in forty through: of 20 million spans 60 bodies for nothing.
const filledMax = 0.17

// A thread makes one filter at a time: they share what they are made in.
const scratch = new Uint32Array(cellsMax * 4)

export class AttributeFilter {
  #words: Uint32Array

  constructor(spanCount: number) {
    const cells = Math.min(cellsMax, 2 ** Math.ceil(Math.log2(Math.max(1, spanCount * cellsPerSpan))))
    this.#words = scratch.subarray(0, cells * 4).fill(0)
  }

  add(hash: number, frame: number): void {
    const words = this.#words
    const at = cellOf(hash, words.length)
    const bits = frameBits(hash, frame)
    words[at] = (words[at] ?? 0) | (1 << (bits & 31)) | (1 << ((bits >>> 5) & 31))
    words[at + 1] = (words[at + 1] ?? 0) | (1 << ((bits >>> 10) & 31)) | (1 << ((bits >>> 15) & 31))
    words[at + 2] = (words[at + 2] ?? 0) | (1 << ((bits >>> 20) & 31))
    words[at + 3] = (words[at + 3] ?? 0) | (1 << (bits >>> 25))
  }

  /** Ends the adding. */
  toBytes(): Buffer {
    while (this.#words.length * 4 > cellBytes && filled(this.#words) <= filledMax) this.#fold()
    const bytes = Buffer.alloc(this.#words.length * 4 + versionBytes)
    bytes.set(new Uint8Array(this.#words.buffer, this.#words.byteOffset, this.#words.byteLength))
    bytes.writeUInt32LE(version, bytes.length - versionBytes)
    return bytes
  }

  #fold(): void {
    const half = this.#words.length / 2
    const words = this.#words
    for (let at = 0; at < half; at++) words[at] = (words[at] ?? 0) | (words[half + at] ?? 0)
    this.#words = words.subarray(0, half)
  }
}

/** Of a filter of so many bytes. */
export const cellsOf = (filterBytes: number): number => Math.floor(filterBytes / cellBytes)
export const tellsFrames = (filterBytes: number): boolean => filterBytes % cellBytes === versionBytes

/** Bit n: the n-th frame may have it. 0 only where it is in none. */
export function framesHolding(filter: Buffer, hash: number): number {
  return framesOfCell(filter, cellOf(hash, cellsOf(filter.length) * 4) * 4, hash, tellsFrames(filter.length))
}

/** The same of the cell at this byte. */
export function framesOfCell(bytes: Buffer, at: number, hash: number, isFramed: boolean): number {
  const [one, two] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)]
  const [three, four] = [bytes.readUInt32LE(at + 8), bytes.readUInt32LE(at + 12)]
  if (!isFramed) {
    const bits = bitsOf(hash)
    const shared =
      (one >>> (bits & 31)) &
      (two >>> ((bits >>> 5) & 31)) &
      (three >>> ((bits >>> 10) & 31)) &
      (four >>> (bits >>> 15))
    return (shared & 1) === 1 ? everyFrame : 0
  }
  let frames = 0
  for (let frame = 0; frame < framesTold; frame++) {
    const bits = frameBits(hash, frame)
    const shared =
      (one >>> (bits & 31)) &
      (one >>> ((bits >>> 5) & 31)) &
      (two >>> ((bits >>> 10) & 31)) &
      (two >>> ((bits >>> 15) & 31)) &
      (three >>> ((bits >>> 20) & 31)) &
      (four >>> (bits >>> 25))
    frames |= (shared & 1) << frame
  }
  return frames
}

/** 30 bits. */
const frameBits = (hash: number, frame: number): number =>
  Math.imul(hash ^ Math.imul((frame & (framesTold - 1)) + 1, 0x85ebca6b), 0x9e3779b1) >>> 2

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
