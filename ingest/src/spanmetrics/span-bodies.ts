// Attributes of a block's spans, read from its body where the columns do not tell: few spans need it. In: the body, as
// OTLP, whose ids may be blank; out: values as text of the keys that are asked for. The body is read when first needed.
import { anyValueOf } from '../otlp/any-value.ts'
import { decodedOf, textOf } from '../otlp/decoded.ts'
import { readFrames } from '../otlp/frames.ts'
import type { Slice } from '../otlp/frames.ts'
import { keyValueType } from '../otlp/schema.ts'
import { tagOf, wireType, WireReader } from '../otlp/wire-reader.ts'
import type { AnyValue } from '../wire.ts'

export type SpanBodies = {
  /** Of the span at this place; where `withResource`, its resource's too where the span has none of that key. */
  attributes: (span: number, keys: ReadonlySet<string>, withResource?: boolean) => ReadonlyMap<string, string>
  /** OTLP bytes. */
  size: (span: number) => number
}

const spanAttribute = tagOf(9, wireType.bytes)
const resourceAttribute = tagOf(1, wireType.bytes)
const keyTag = tagOf(1, wireType.bytes)

type Place = { span: Slice; resource: readonly Slice[] }

export function spanBodies(readBody: () => Buffer): SpanBodies {
  let read: { reader: WireReader; places: Place[] } | undefined
  const opened = (): { reader: WireReader; places: Place[] } => {
    if (read !== undefined) return read
    const body = readBody()
    const places = readFrames(body).flatMap(({ resource, scopes }) =>
      scopes.flatMap(({ spans }) => spans.map((span) => ({ span, resource }))),
    )
    return (read = { reader: new WireReader(body), places })
  }
  return {
    attributes(at, keys, withResource = false) {
      const { reader, places } = opened()
      const found = new Map<string, string>()
      const place = places[at]
      if (place === undefined) return found
      collect(reader, place.span, spanAttribute, keys, found)
      if (withResource && found.size < keys.size) {
        for (const slice of place.resource) collect(reader, slice, resourceAttribute, keys, found)
      }
      return found
    },
    size(at) {
      const { start = 0, end = 0 } = opened().places[at]?.span ?? {}
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
