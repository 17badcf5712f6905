// Attributes of a block's spans, read from its body where the columns do not tell: few spans need it. In: the body, as
// OTLP in frames, whose ids may be blank; out: values as text of the keys that are asked for. A frame is unpacked when a
// span of it is first asked for.
import { anyValueOf } from '../otlp/any-value.ts'
import { decodedOf, textOf } from '../otlp/decoded.ts'
import type { Slice } from '../otlp/frames.ts'
import { keyValueType } from '../otlp/schema.ts'
import { tagOf, wireType } from '../otlp/wire-reader.ts'
import type { WireReader } from '../otlp/wire-reader.ts'
import type { AnyValue } from '../wire.ts'

export type SpanBodies = {
  /** Of the span at this place; where `withResource`, its resource's too where the span has none of that key. */
  attributes: (span: number, keys: ReadonlySet<string>, withResource?: boolean) => ReadonlyMap<string, string>
  /** OTLP bytes. */
  size: (span: number) => number
}

type Message = Slice & { reader: WireReader }
/** Where in the frame's bytes each span lies, two numbers a span; and its resource. */
export type LocatedFrame = {
  reader: WireReader
  spans: Uint32Array
  owner: Uint16Array | Uint32Array
  owners: readonly { resource: Message }[]
}
export type Frames = { firstSpans: readonly number[]; located: (frame: number) => LocatedFrame }

const spanAttribute = tagOf(9, wireType.bytes)
const resourceAttribute = tagOf(1, wireType.bytes)
const keyTag = tagOf(1, wireType.bytes)

export function spanBodies(readFrames: () => Frames): SpanBodies {
  let frames: Frames | undefined
  let open: { first: number; end: number; frame: LocatedFrame } | undefined
  const frameOf = (span: number): { frame: LocatedFrame; at: number } => {
    if (open === undefined || span < open.first || span >= open.end) {
      frames ??= readFrames()
      const found = frames.firstSpans.findLastIndex((first) => first <= span)
      const frame = frames.located(Math.max(0, found))
      const first = frames.firstSpans[found] ?? 0
      open = { first, end: first + frame.spans.length / 2, frame }
    }
    return { frame: open.frame, at: span - open.first }
  }
  const placeOf = ({ spans }: LocatedFrame, at: number): Slice => ({
    start: spans[at * 2] ?? 0,
    end: spans[at * 2 + 1] ?? 0,
  })
  return {
    attributes(span, keys, withResource = false) {
      const { frame, at } = frameOf(span)
      const found = new Map<string, string>()
      collect(frame.reader, placeOf(frame, at), spanAttribute, keys, found)
      const resource = withResource ? frame.owners[frame.owner[at] ?? 0]?.resource : undefined
      if (resource !== undefined && found.size < keys.size) {
        collect(resource.reader, resource, resourceAttribute, keys, found)
      }
      return found
    },
    size(span) {
      const { frame, at } = frameOf(span)
      const { start, end } = placeOf(frame, at)
      return end - start
    },
  }
}

/** The first of a key counts. */
function collect(
  reader: WireReader,
  { start, end }: Slice,
  tag: number,
  keys: ReadonlySet<string>,
  found: Map<string, string>,
): void {
  reader.enter(start, end)
  try {
    while (reader.pos < end) {
      const field = reader.varint()
      if (field !== tag) {
        reader.skipField(field)
        continue
      }
      const from = reader.skipBytes()
      const key = keyOf(reader.bytes, from, reader.pos)
      if (key === undefined || !keys.has(key) || found.has(key)) continue
      const value = textOfValue(reader.bytes.subarray(from, reader.pos))
      if (value !== undefined) found.set(key, value)
    }
  } catch (error) {
    // Part of a resource whose sender split it within a field: alone it cannot be read.
    if (!(error instanceof RangeError)) throw error
  }
}

/** As every sender writes it: the key first, and short. */
function keyOf(bytes: Buffer, from: number, to: number): string | undefined {
  const length = bytes[from + 1] ?? 0
  if (bytes[from] !== keyTag || length > 127 || from + 2 + length > to) return undefined
  return bytes.toString('latin1', from + 2, from + 2 + length)
}

/** Undefined of lists and bytes. */
function textOfValue(keyValue: Buffer): string | undefined {
  try {
    return scalarText(anyValueOf(decodedOf(keyValueType.decode(keyValue))['value']))
  } catch {
    return undefined
  }
}

function scalarText({ stringValue, intValue, boolValue, doubleValue }: AnyValue): string | undefined {
  const value = stringValue ?? intValue ?? boolValue ?? doubleValue
  return value === undefined ? undefined : textOf(String(value))
}
