// Steps through protobuf fields without decoding or copying them: the hot path's reader. In: bytes and a range of them;
// out: tags, lengths and positions. Throws RangeError where a field would leave the range or is no protobuf.
// protobufjs's Reader takes twice as long here, because it checks the buffer's end only, not a field's.

export const wireType = { varint: 0, fixed64: 1, bytes: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const

/** A field's tag: its number and how it is written. */
export const tagOf = (field: number, type: number): number => (field << 3) | type

const varintBytesMax = 10
// Groups are long out of use; protobuf's own readers stop at this depth.
const groupDepthMax = 100

export class WireReader {
  readonly bytes: Buffer
  readonly view: DataView
  pos = 0
  end = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** From here on reads this range, which must lie within the bytes. */
  enter(start: number, end: number): void {
    this.pos = start
    this.end = end
  }

  /** The low 32 bits. */
  varint(): number {
    let byte = this.bytes[this.pos++] ?? 0
    if (byte < 128) {
      if (this.pos > this.end) throw this.#beyond(1)
      return byte
    }
    let value = byte & 127
    let shift = 7
    for (let read = 1; read < varintBytesMax; read++) {
      byte = this.bytes[this.pos++] ?? 0
      if (shift < 32) value |= (byte & 127) << shift
      shift += 7
      if (byte < 128) {
        if (this.pos > this.end) throw this.#beyond(1)
        return value >>> 0
      }
    }
    throw new RangeError('a number has more than 10 bytes')
  }

  /** Reads a length and steps over so many bytes; gives where they start. */
  skipBytes(): number {
    const size = this.varint()
    const start = this.pos
    this.pos += size
    if (this.pos > this.end) throw this.#beyond(size)
    return start
  }

  /** Steps over eight bytes; gives where they start. */
  skipFixed64(): number {
    this.pos += 8
    if (this.pos > this.end) throw this.#beyond(8)
    return this.pos - 8
  }

  /** Steps over the value of a field whose tag was just read. */
  skipField(tag: number, depth = 0): void {
    if (tag >>> 3 === 0) throw new RangeError('a field of number 0')
    switch (tag & 7) {
      case wireType.varint:
        this.varint()
        break
      case wireType.fixed64:
        this.skipFixed64()
        break
      case wireType.bytes:
        this.skipBytes()
        break
      case wireType.groupStart:
        this.#skipGroup(tag >>> 3, depth + 1)
        break
      case wireType.fixed32:
        this.pos += 4
        if (this.pos > this.end) throw this.#beyond(4)
        break
      default:
        throw new RangeError(`a field of wire type ${tag & 7}`)
    }
  }

  #skipGroup(field: number, depth: number): void {
    if (depth > groupDepthMax) throw new RangeError(`groups nested over ${groupDepthMax} deep`)
    for (;;) {
      const tag = this.varint()
      if ((tag & 7) === wireType.groupEnd) {
        if (tag >>> 3 !== field) throw new RangeError('a group ends as another')
        return
      }
      this.skipField(tag, depth)
    }
  }

  #beyond(size: number): RangeError {
    return new RangeError(`${size} bytes do not fit before byte ${this.end}`)
  }
}
