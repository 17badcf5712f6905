// Where the spans of a block's body lie, with the resource and the scope that each belongs to. In: a body, its ids and
// times may be blank; out: ranges of bytes. Positions, not objects of values: most spans are never read.
import { joined, readFrames } from '../../../otlp/frames.ts'
import type { Slice } from '../../../otlp/frames.ts'
import { WireReader } from '../../../otlp/wire-reader.ts'

/** A message with a reader of its own where its sender split it in several parts. */
export type Located = { reader: WireReader; start: number; end: number }
export type Owner = { resource: Located; scope: Located }

export type LocatedBody = {
  reader: WireReader
  /** Start and end of each span, two numbers a span. */
  spans: Uint32Array
  owner: Uint16Array | Uint32Array
  owners: Owner[]
}

/** Where a text stands more often, all of its places are not told. */
export const placesMax = 32

/** Where its spans lie is looked for when it is first asked. */
export class UnpackedFrame {
  readonly bytes: Buffer
  #located: LocatedBody | undefined
  /** Of the text that was asked for last: one question asks for it several times. */
  #asked: { text: Buffer; places: number[] } | undefined

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  /** Where these bytes begin, the first `placesMax` of them. */
  placesOf(text: Buffer): readonly number[] {
    if (this.#asked?.text.equals(text) !== true) this.#asked = { text, places: places(this.bytes, text) }
    return this.#asked.places
  }

  located(): LocatedBody {
    return (this.#located ??= locateBody(this.bytes))
  }
}

function places(bytes: Buffer, text: Buffer): number[] {
  const found: number[] = []
  for (let at = bytes.indexOf(text); at >= 0 && found.length < placesMax; at = bytes.indexOf(text, at + 1)) {
    found.push(at)
  }
  return found
}

export function locateBody(body: Buffer): LocatedBody {
  const frames = readFrames(body)
  const reader = new WireReader(body)
  let count = 0
  for (const { scopes } of frames) for (const { spans } of scopes) count += spans.length
  const spans = new Uint32Array(count * 2)
  const owner = new Uint32Array(count)
  const owners: Owner[] = []
  let at = 0
  for (const frame of frames) {
    let resource: Located | undefined
    for (const scope of frame.scopes) {
      if (scope.spans.length === 0) continue
      resource ??= located(reader, frame.resource)
      owners.push({ resource, scope: located(reader, scope.scope) })
      for (const { start, end } of scope.spans) {
        owner[at] = owners.length - 1
        spans[at * 2] = start
        spans[at * 2 + 1] = end
        at++
      }
    }
  }
  return { reader, spans, owner, owners }
}

function located(reader: WireReader, slices: readonly Slice[]): Located {
  const [first] = slices
  if (slices.length === 1 && first !== undefined) return { reader, ...first }
  const bytes = joined(reader.bytes, slices)
  return { reader: new WireReader(bytes), start: 0, end: bytes.length }
}
