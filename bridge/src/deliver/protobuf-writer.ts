// Protobuf's wire format into one growing buffer, forwards only: the length of a message is written before its
// content is known, in a place kept for it, and the content is moved where the place was too small or too large.

const firstBytes = 64 * 1024
/** A varint of 64 bits. */
const varintBytesMax = 10

export class ProtobufWriter {
  private buffer: Buffer
  private at = 0
  private lastSeconds = -1
  private secondLow = 0
  private secondHigh = 0

  constructor(bytes = firstBytes) {
    this.buffer = Buffer.allocUnsafe(bytes)
  }

  get length(): number {
    return this.at
  }

  /** A copy of what was written; the writer is then empty. */
  take(): Buffer {
    const bytes = Buffer.from(this.buffer.subarray(0, this.at))
    this.at = 0
    return bytes
  }

  /** What was written, without a copy: nothing may be written afterwards. */
  finish(): Buffer {
    return this.buffer.subarray(0, this.at)
  }

  /** Forgets what was written behind this many bytes. */
  truncate(bytes: number): void {
    this.at = bytes
  }

  /** A field's tag, as one byte: field numbers up to 15. */
  tag(field: number, wireType: 0 | 1 | 2 | 5): void {
    this.reserve(1)
    this.buffer[this.at++] = (field << 3) | wireType
  }

  /** Field 16 is the one of OTLP's spans whose tag takes two bytes. */
  fixed32(field: number, value: number): void {
    this.varint((field << 3) | 5)
    this.reserve(4)
    this.at = this.buffer.writeUInt32LE(value, this.at)
  }

  /** A whole number, exact: 0 to 2^53 - 1. */
  varint(value: number): void {
    this.reserve(varintBytesMax)
    let rest = value
    while (rest > 0x7f) {
      // Beyond 32 bits bit operations would cut.
      this.buffer[this.at++] = (rest % 128) | 0x80
      rest = rest > 0x7fffffff ? Math.floor(rest / 128) : rest >> 7
    }
    this.buffer[this.at++] = rest
  }

  /** An int64, exact as a number: negative ones take ten bytes. */
  int64(value: number): void {
    if (value >= 0) {
      this.varint(value)
      return
    }
    this.reserve(varintBytesMax)
    let rest = BigInt.asUintN(64, BigInt(value))
    while (rest > 0x7fn) {
      this.buffer[this.at++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.buffer[this.at++] = Number(rest)
  }

  double(value: number): void {
    this.reserve(8)
    this.at = this.buffer.writeDoubleLE(value, this.at)
  }

  /** Unix nanoseconds as fixed64, from seconds below 2^34 and nanoseconds. */
  nanoseconds(seconds: number, nanoseconds: number): void {
    if (seconds !== this.lastSeconds) this.setSecond(seconds)
    const low = this.secondLow + nanoseconds
    this.wordReversed(low)
    this.wordReversed(low > 0xffff_ffff ? this.secondHigh + 1 : this.secondHigh)
  }

  /** By halves, which are exact as numbers. Most times of a batch are of the same second or two. */
  private setSecond(seconds: number): void {
    const lowProduct = (seconds & 0xffff) * 1_000_000_000
    const highProduct = Math.floor(seconds / 0x1_0000) * 1_000_000_000
    const low = lowProduct + (highProduct % 0x1_0000) * 0x1_0000
    this.lastSeconds = seconds
    this.secondLow = low % 0x1_0000_0000
    this.secondHigh = Math.floor(highProduct / 0x1_0000) + Math.floor(low / 0x1_0000_0000)
  }

  /** The low 32 bits of a whole number, the lowest first. */
  private wordReversed(value: number): void {
    this.reserve(4)
    const { buffer, at } = this
    buffer[at] = value
    buffer[at + 1] = value >>> 8
    buffer[at + 2] = value >>> 16
    buffer[at + 3] = value >>> 24
    this.at = at + 4
  }

  /** 32 bits, the highest first. */
  word(value: number): void {
    this.reserve(4)
    const { buffer, at } = this
    buffer[at] = value >>> 24
    buffer[at + 1] = value >>> 16
    buffer[at + 2] = value >>> 8
    buffer[at + 3] = value
    this.at = at + 4
  }

  /** Lower-case hexadecimal digits as bytes, behind their count. */
  hex(digits: string): void {
    const count = digits.length >> 1
    this.reserve(count + 1)
    this.buffer[this.at++] = count
    for (let from = 0; from < digits.length; from += 2) {
      this.buffer[this.at++] = (nibble(digits.charCodeAt(from)) << 4) | nibble(digits.charCodeAt(from + 1))
    }
  }

  /** UTF-8 behind its length. */
  string(text: string): void {
    const { length } = text
    // Short ASCII, as nearly all of it is, is faster byte by byte than through a call into C++.
    if (length < 0x80) {
      this.reserve(length + 1)
      const start = this.at
      this.buffer[this.at++] = length
      let index = 0
      for (; index < length; index += 1) {
        const code = text.charCodeAt(index)
        if (code > 0x7f) break
        this.buffer[this.at++] = code
      }
      if (index === length) return
      this.at = start
    }
    const bytes = Buffer.byteLength(text)
    this.varint(bytes)
    this.reserve(bytes)
    this.at += this.buffer.write(text, this.at, 'utf8')
  }

  bytes(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.buffer.set(bytes, this.at)
    this.at += bytes.length
  }

  /** A part of what another writer has. */
  copy(from: ProtobufWriter, start: number, end: number): void {
    this.bytes(from.buffer.subarray(start, end))
  }

  /** Begins a message: keeps place for its length. Answers what `end` needs. */
  begin(): number {
    this.reserve(varintBytesMax)
    this.at += 1
    return this.at
  }

  end(start: number): void {
    const length = this.at - start
    const lengthBytes = length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : 5
    if (lengthBytes > 1) {
      this.reserve(lengthBytes)
      this.buffer.copyWithin(start + lengthBytes - 1, start, this.at)
    }
    const end = this.at + lengthBytes - 1
    this.at = start - 1
    let rest = length
    for (let byte = 1; byte < lengthBytes; byte += 1) {
      this.buffer[this.at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.buffer[this.at] = rest
    this.at = end
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(2 * this.buffer.length, this.at + bytes))
    this.buffer.copy(larger, 0, 0, this.at)
    this.buffer = larger
  }
}

/** How many bytes a varint takes. */
export function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) bytes += 1
  return bytes
}

/** The value of a hexadecimal digit: 0-9 are 0x30 up, a-f 0x61 up. */
function nibble(code: number): number {
  return code < 0x3a ? code - 0x30 : (code & 0xf) + 9
}
