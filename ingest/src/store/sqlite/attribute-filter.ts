// A Bloom filter over a block's attributes: which "key has value" cannot be in which frame of its body. In: hashes, each
// with its frame; out: bytes. A hash chooses a cell of 32 bytes, hash and frame together eight bits of it: so that one look
// at one cell tells of all frames. It is made larger than needed and folded (one half laid over the other) while few bits
// are set: so no attribute has to be counted first. What is kept says "perhaps" for some 0.3 % of what is not there.
// Layout: the cells, a power of two of them; u32 version. Up to version 3 of the database there was no version, cells had
// 16 bytes, a hash four bits, and nothing was told of frames.

const version = 2
const versionBytes = 4
const cellBytes = 32
const cellWords = cellBytes / 4
const cellBytesBefore = 16
/** Frames from the ninth on share these. */
export const framesTold = 8
const everyFrame = 2 ** framesTold - 1
const cellsMax = 2 ** 13
// Of spans that have more than some ten attributes of their own each, the filter tells less.
const cellsPerSpan = 0.5
// Folded while at most this part of the bits is set; about doubles by a fold. With four bits a hash in cells of 16 bytes and
// half the size, one block in forty was let through: of 20 million spans 60 bodies for nothing.
const filledMax = 0.2
const cellsLookedAt = 512

// A thread makes one filter at a time: they share what they are made in.
const scratch = new Uint32Array(cellsMax * cellWords)
// Most attributes come again and again: which ones were added last, by a part of the hash.
const addedMax = 1_024
const added = new Int32Array(addedMax)

export class AttributeFilter {
  #words: Uint32Array
  readonly #cellMask: number
  #frame = -1

  constructor(spanCount: number) {
    const cells = Math.min(cellsMax, 2 ** Math.ceil(Math.log2(Math.max(1, spanCount * cellsPerSpan))))
    this.#words = scratch.subarray(0, cells * cellWords).fill(0)
    this.#cellMask = cells - 1
  }

  add(hash: number, frame: number): void {
    if (frame !== this.#frame) added.fill(0)
    this.#frame = frame
    const place = hash & (addedMax - 1)
    if (added[place] === hash && hash !== 0) return
    added[place] = hash
    const words = this.#words
    const at = (hash & this.#cellMask) * cellWords
    const one = firstBits(hash, frame)
    setFour(words, at, one)
    setFour(words, at, moreBits(one))
  }

  /** Ends the adding. */
  toBytes(): Buffer {
    while (this.#words.length > cellWords && filled(this.#words) <= filledMax) this.#fold()
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

/** Four bits of a cell, each told by a byte. By hand, since this is the most frequent thing in writing. */
function setFour(words: Uint32Array, at: number, bits: number): void {
  const one = at + ((bits >>> 5) & 7)
  words[one] = (words[one] ?? 0) | (1 << (bits & 31))
  const two = at + ((bits >>> 13) & 7)
  words[two] = (words[two] ?? 0) | (1 << ((bits >>> 8) & 31))
  const three = at + ((bits >>> 21) & 7)
  words[three] = (words[three] ?? 0) | (1 << ((bits >>> 16) & 31))
  const four = at + (bits >>> 29)
  words[four] = (words[four] ?? 0) | (1 << ((bits >>> 24) & 31))
}

/** How a filter is laid out, told by its size. */
export type FilterLayout = { cells: number; cellBytes: number; tellsFrames: boolean }

export function layoutOf(filterBytes: number): FilterLayout {
  const tellsFrames = filterBytes % cellBytesBefore === versionBytes
  const size = tellsFrames ? cellBytes : cellBytesBefore
  return { cells: Math.floor(filterBytes / size), cellBytes: size, tellsFrames }
}

/** Bit n: the n-th frame may have it. 0 only where it is in none. */
export function framesHolding(filter: Buffer, hash: number): number {
  const layout = layoutOf(filter.length)
  // From the hash's low bits: so a fold puts each cell where this finds it.
  return framesOfCell(filter, (hash & (layout.cells - 1)) * layout.cellBytes, hash, layout)
}

/** The same of the cell at this byte. */
export function framesOfCell(
  bytes: Buffer,
  at: number,
  hash: number,
  { tellsFrames }: Pick<FilterLayout, 'tellsFrames'>,
): number {
  if (!tellsFrames) return holdsBefore(bytes, at, hash) ? everyFrame : 0
  let frames = 0
  for (let frame = 0; frame < framesTold; frame++) {
    const one = firstBits(hash, frame)
    if (holdsBits(bytes, at, one) && holdsBits(bytes, at, moreBits(one))) frames |= 1 << frame
  }
  return frames
}

/** Four of them, each a number of eight bits: a byte of the cell, and in it a bit. */
function holdsBits(bytes: Buffer, at: number, bits: number): boolean {
  for (let shift = 0; shift < 32; shift += 8) {
    const bit = bits >>> shift
    if ((((bytes[at + ((bit >>> 3) & 31)] ?? 0) >>> (bit & 7)) & 1) === 0) return false
  }
  return true
}

const firstBits = (hash: number, frame: number): number =>
  Math.imul(hash ^ Math.imul((frame & (framesTold - 1)) + 1, 0x85ebca6b), 0x9e3779b1)
const moreBits = (one: number): number => Math.imul(one ^ (one >>> 15), 0xc2b2ae35)

/** One bit in each of four words. */
function holdsBefore(bytes: Buffer, at: number, hash: number): boolean {
  const bits = Math.imul(hash, 0x9e3779b1) >>> 12
  for (let word = 0; word < 4; word++) {
    if (((bytes.readUInt32LE(at + word * 4) >>> ((bits >>> (word * 5)) & 31)) & 1) === 0) return false
  }
  return true
}

/** Which part of the bits is set; of a large filter as some of its cells tell: hashes fall into all of them alike. */
function filled(words: Uint32Array): number {
  const stride = Math.max(1, words.length / cellWords / cellsLookedAt)
  let ones = 0
  let seen = 0
  for (let cell = 0; cell < words.length; cell += cellWords * stride) {
    for (let at = cell; at < cell + cellWords; at++) {
      const word = words[at] ?? 0
      let rest = (word | 0) - ((word >>> 1) & 0x55555555)
      rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333)
      ones += Math.imul((rest + (rest >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
    }
    seen += cellWords * 32
  }
  return ones / seen
}
