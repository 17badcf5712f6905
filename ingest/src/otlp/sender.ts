// What a resource and a scope say about who sent their spans, for tagging and storing.
// In: the bytes of a Resource or InstrumentationScope message; out: strings.
import protobuf from 'protobufjs'
import { undecodable } from './frames.ts'

export type SenderClaims = {
  /** The resource's attributes whose value is a string that is not empty; of a key that comes twice, the first. */
  attributes: ReadonlyMap<string, string>
  scopeName: string
}

const lengthDelimited = 2

/** Throws UndecodableBody. */
export function readSenderClaims(resource: Buffer): Omit<SenderClaims, 'scopeName'> {
  const attributes = new Map<string, string>()
  for (const attribute of contentsOf(resource, 1)) {
    const key = lastText(contentsOf(attribute, 1))
    const value = lastText(contentsOf(attribute, 2).flatMap((anyValue) => contentsOf(anyValue, 1)))
    if (value !== '' && !attributes.has(key)) attributes.set(key, value)
  }
  return { attributes }
}

/** Throws UndecodableBody. */
export function readScopeName(scope: Buffer): string {
  return lastText(contentsOf(scope, 1))
}

/** Of a field that comes twice the last counts, as everywhere in protobuf. */
const lastText = (contents: readonly Buffer[]): string => contents.at(-1)?.toString('utf8') ?? ''

/** The contents of every length-delimited field of this number. */
function contentsOf(message: Buffer, field: number): Buffer[] {
  const wanted = (field << 3) | lengthDelimited
  const reader = protobuf.Reader.create(message)
  const found: Buffer[] = []
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      if (tag === wanted) {
        const size = reader.uint32()
        reader.skip(size)
        found.push(message.subarray(reader.pos - size, reader.pos))
      } else reader.skipType(tag & 7, 0, tag >>> 3)
    }
  } catch (error) {
    throw undecodable(error, reader.pos)
  }
  return found
}
