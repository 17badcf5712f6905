// Attribute values of OTLP messages where they lie, as TraceQL's values. In: the range of a message and the attribute's
// key; out: values, of a list one each. Nothing else of the message is decoded. Bytes and maps are no values: TraceQL
// cannot compare them. What is no protobuf has no values.
import type { Static } from '../../../traceql/ast.ts'
import { tagOf, wireType } from '../../../otlp/wire-reader.ts'
import type { WireReader } from '../../../otlp/wire-reader.ts'

const keyTag = tagOf(1, wireType.bytes)
const valueTag = tagOf(2, wireType.bytes)
const kind = {
  string: tagOf(1, wireType.bytes),
  bool: tagOf(2, wireType.varint),
  int: tagOf(3, wireType.varint),
  double: tagOf(4, wireType.fixed64),
  list: tagOf(5, wireType.bytes),
} as const
const listItemTag = tagOf(1, wireType.bytes)
/** OTLP values nest; a list in a list is no value, as in TraceQL. */
const nestingMax = 1

export type ByteRange = { start: number; end: number }

/** Calls `visit` for each field of this tag (length-delimited) until it says that this is enough. */
export function eachField(
  reader: WireReader,
  { start, end }: ByteRange,
  wanted: number,
  visit: (start: number, end: number) => boolean | void,
): void {
  reader.enter(start, end)
  try {
    while (reader.pos < end) {
      const tag = reader.varint()
      if (tag !== wanted) {
        reader.skipField(tag)
        continue
      }
      const from = reader.skipBytes()
      const to = reader.pos
      if (visit(from, to) === true) return
      reader.enter(to, end)
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
}

/** Of the first attribute with this key; undefined where the message has none. */
export function attributeStatics(
  reader: WireReader,
  message: ByteRange,
  attributeTag: number,
  key: Buffer,
): Static[] | undefined {
  let found: Static[] | undefined
  eachField(reader, message, attributeTag, (start, end) => {
    const value = valueRange(reader, start, end, key)
    if (value !== undefined) found = staticsOf(reader, value)
    return value !== undefined
  })
  return found
}

/** Of a KeyValue with this key. */
function valueRange(reader: WireReader, start: number, end: number, key: Buffer): ByteRange | undefined {
  const { keyAt, keyEnd, valueAt, valueEnd } = keyValueRanges(reader, start, end)
  const isKey = keyEnd - keyAt === key.length && reader.bytes.compare(key, 0, key.length, keyAt, keyEnd) === 0
  return isKey ? { start: valueAt, end: valueEnd } : undefined
}

export type KeyValueRanges = { keyAt: number; keyEnd: number; valueAt: number; valueEnd: number }

export function keyValueRanges(reader: WireReader, start: number, end: number): KeyValueRanges {
  let [keyAt, keyEnd, valueAt, valueEnd] = [0, 0, 0, 0]
  reader.enter(start, end)
  while (reader.pos < end) {
    const tag = reader.varint()
    if (tag === keyTag) {
      keyAt = reader.skipBytes()
      keyEnd = reader.pos
    } else if (tag === valueTag) {
      valueAt = reader.skipBytes()
      valueEnd = reader.pos
    } else reader.skipField(tag)
  }
  return { keyAt, keyEnd, valueAt, valueEnd }
}

/** Of an AnyValue. Of a field that comes twice the last counts, as everywhere in protobuf. */
export function staticsOf(reader: WireReader, { start, end }: ByteRange, depth = 0): Static[] {
  let found: Static[] = []
  reader.enter(start, end)
  while (reader.pos < end) {
    const tag = reader.varint()
    switch (tag) {
      case kind.string: {
        const from = reader.skipBytes()
        found = [{ type: 'string', value: reader.bytes.toString('utf8', from, reader.pos) }]
        break
      }
      case kind.bool:
        found = [{ type: 'boolean', value: reader.varint() !== 0 }]
        break
      case kind.int: {
        const from = reader.pos
        reader.skipField(tag)
        found = [{ type: 'int', value: int64At(reader.bytes, from, reader.pos) }]
        break
      }
      case kind.double:
        found = [{ type: 'float', value: reader.view.getFloat64(reader.skipFixed64(), true) }]
        break
      case kind.list: {
        const list = { start: reader.skipBytes(), end: reader.pos }
        found = depth < nestingMax ? listStatics(reader, list, depth) : []
        reader.enter(list.end, end)
        break
      }
      default:
        reader.skipField(tag)
    }
  }
  return found
}

function listStatics(reader: WireReader, list: ByteRange, depth: number): Static[] {
  const found: Static[] = []
  eachField(reader, list, listItemTag, (start, end) => {
    found.push(...staticsOf(reader, { start, end }, depth + 1))
  })
  return found
}

function int64At(bytes: Buffer, start: number, end: number): bigint {
  // Nearly all fit a double's 53 bits: seven bytes of seven bits.
  let low = 0
  if (end - start <= 7) {
    for (let at = end - 1; at >= start; at--) low = low * 128 + ((bytes[at] ?? 0) & 127)
    return BigInt(low)
  }
  let value = 0n
  for (let at = end - 1; at >= start; at--) value = (value << 7n) | BigInt((bytes[at] ?? 0) & 127)
  return BigInt.asIntN(64, value)
}
