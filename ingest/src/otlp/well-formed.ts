// Whether bytes are a message that every protobuf reader takes: all its fields, and all within them, whole and written in
// their own way, strings as UTF-8. In: bytes and a type; out: yes or no. Nothing is decoded.
import { isUtf8 } from 'node:buffer'
import protobuf from 'protobufjs'
import { tagOf, wireType, WireReader } from './wire-reader.ts'

/** Of a message's fields, made once a type. */
type Shape = {
  /** By tag, of fields that are messages. */
  nested: ReadonlyMap<number, Shape>
  strings: ReadonlySet<number>
  /** Of all fields. */
  tags: ReadonlySet<number>
  numbers: ReadonlySet<number>
}

// As deep as protobuf's own readers go.
const depthMax = 100

const wireTypes: Readonly<Record<string, number>> = {
  bool: wireType.varint,
  int32: wireType.varint,
  int64: wireType.varint,
  uint32: wireType.varint,
  fixed64: wireType.fixed64,
  double: wireType.fixed64,
  string: wireType.bytes,
  bytes: wireType.bytes,
  fixed32: wireType.fixed32,
}

const shapes = new Map<protobuf.Type, Shape>()

function shapeOf(type: protobuf.Type): Shape {
  const known = shapes.get(type)
  if (known !== undefined) return known
  const nested = new Map<number, Shape>()
  const strings = new Set<number>()
  const tags = new Set<number>()
  const shape = { nested, strings, tags, numbers: new Set(type.fieldsArray.map(({ id }) => id)) }
  // Before its fields: values hold values.
  shapes.set(type, shape)
  for (const field of type.fieldsArray) {
    const { id, resolvedType } = field
    const ofMessage = resolvedType instanceof protobuf.Type
    const ofScalar = resolvedType instanceof protobuf.Enum ? wireType.varint : wireTypes[field.type]
    const tag = tagOf(id, ofMessage ? wireType.bytes : (ofScalar ?? wireType.bytes))
    tags.add(tag)
    if (ofMessage) nested.set(tag, shapeOf(resolvedType))
    if (field.type === 'string') strings.add(tag)
  }
  return shape
}

export function isWellFormed(type: protobuf.Type, bytes: Buffer): boolean {
  try {
    return isWhole(new WireReader(bytes), shapeOf(type), 0, bytes.length, 0)
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** Leaves the reader at `end`. Throws RangeError where a field does not fit. */
function isWhole(reader: WireReader, shape: Shape, start: number, end: number, depth: number): boolean {
  if (depth > depthMax) return false
  reader.enter(start, end)
  while (reader.pos < end) {
    const tag = reader.varint()
    const inner = shape.nested.get(tag)
    if (inner !== undefined) {
      const from = reader.skipBytes()
      const to = reader.pos
      if (!isWhole(reader, inner, from, to, depth + 1)) return false
      reader.enter(to, end)
    } else if (shape.strings.has(tag)) {
      const from = reader.skipBytes()
      if (!isText(reader.bytes, from, reader.pos)) return false
    } else if (shape.tags.has(tag) || !shape.numbers.has(tag >>> 3)) reader.skipField(tag)
    else return false
  }
  return true
}

/** Nearly all text is ASCII, which is told faster here than by a call. */
function isText(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if ((bytes[at] ?? 0) > 0x7f) return isUtf8(bytes.subarray(from, to))
  return true
}
