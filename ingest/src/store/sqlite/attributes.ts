// Goes through the attributes of a span or a resource where they lie. In: the range of the message; out: a call for each
// KeyValue's range.
import { tagOf, wireType } from '../../otlp/wire-reader.ts'
import type { WireReader } from '../../otlp/wire-reader.ts'

/** Where each message has its attributes. */
export const ofSpan = tagOf(9, wireType.bytes)
export const ofResource = tagOf(1, wireType.bytes)

export function eachAttribute(
  reader: WireReader,
  start: number,
  end: number,
  attributeTag: number,
  visit: (start: number, end: number) => void,
): void {
  reader.enter(start, end)
  try {
    while (reader.pos < end) {
      const tag = reader.varint()
      if (tag === attributeTag) visit(reader.skipBytes(), reader.pos)
      else reader.skipField(tag)
    }
  } catch (error) {
    // Part of a resource whose sender split it within a field: whole it was read when it came, alone it cannot be.
    if (!(error instanceof RangeError)) throw error
  }
}
