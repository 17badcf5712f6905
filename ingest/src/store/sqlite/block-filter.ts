// What a block's filter holds: the attributes of its spans and resources, its spans' names, and whether some span says who
// called it. In: a chunk and where its body is cut into frames; out: bytes. Here packing spends most of its time: what
// nearly all fields of a span are is stepped over by hand, the rest goes through attribute-hash.ts, which gives the same.
import { headAt, headStride } from '../../otlp/span-heads.ts'
import { wireType, WireReader } from '../../otlp/wire-reader.ts'
import { AttributeFilter } from './attribute-filter.ts'
import { attributeHash, hashesOfValue, listHashes, plainHash } from './attribute-hash.ts'
import { eachAttribute, ofResource, ofSpan } from './attributes.ts'
import type { FrameCut } from './body-frames.ts'
import { callerMark, mayTellCaller, tellsCaller } from './caller-mark.ts'
import { groupStride } from './chunk.ts'
import type { Chunk } from './chunk.ts'

/** The span's name, as the filter holds it: no attribute has an empty key. */
export const nameKey = ''

const multiByte = 0x80

export function filterOf(chunk: Chunk, cuts: readonly FrameCut[], names: readonly string[]): Buffer {
  const { heads, groups } = chunk
  const filling = new Filling(chunk)
  let at = 0
  for (const [frame, { spans }] of cuts.entries()) {
    filling.frame = frame
    for (const end = at + spans * headStride; at < end; at += headStride) {
      filling.addSpan(heads[at + headAt.start] ?? 0, heads[at + headAt.end] ?? 0)
    }
  }
  const resources = new Set<number>()
  for (let at = 0; at < groups.length; at += groupStride) {
    const start = groups[at + 3] ?? 0
    if (resources.has(start)) continue
    resources.add(start)
    filling.frame = cuts.findIndex((cut) => start < cut.end)
    filling.addResource(start, groups[at + 4] ?? 0)
  }
  // Which spans have a name, columns tell.
  for (const value of names) {
    for (const hash of hashesOfValue(nameKey, { type: 'string', value }) ?? []) filling.filter.add(hash, 0)
  }
  return filling.filter.toBytes()
}

class Filling {
  readonly filter: AttributeFilter
  frame = 0
  readonly #reader: WireReader

  constructor({ body, spanCount }: Chunk) {
    this.filter = new AttributeFilter(spanCount)
    this.#reader = new WireReader(body)
  }

  addSpan(start: number, end: number): void {
    const { filter, frame } = this
    const { bytes, view } = this.#reader
    let pos = start
    while (pos < end) {
      const tag = bytes[pos] ?? 0
      const size = bytes[pos + 1] ?? 0
      const next = pos + 2 + size
      if ((tag & typeMask) === wireType.bytes && size < multiByte && next <= end) {
        if (tag === ofSpan) {
          const hash = plainHash(bytes, view, pos + 2, next)
          if (hash === 0) this.#add(pos + 2, next)
          else filter.add(hash, frame)
          if (mayTellCaller(bytes, pos + 2)) this.#addCaller(pos + 2, next)
        }
        pos = next
      } else if ((tag & typeMask) === wireType.fixed64) pos += 9
      else pos = this.#addField(pos, end)
    }
  }

  addResource(start: number, end: number): void {
    eachAttribute(this.#reader, start, end, ofResource, (from, to) => this.#add(from, to))
  }

  /** Any field of a span; gives where it ends. */
  #addField(pos: number, end: number): number {
    const reader = this.#reader
    reader.enter(pos, end)
    const tag = reader.varint()
    if (tag !== ofSpan) {
      reader.skipField(tag)
      return reader.pos
    }
    const start = reader.skipBytes()
    const next = reader.pos
    this.#add(start, next)
    this.#addCaller(start, next)
    return next
  }

  #addCaller(start: number, end: number): void {
    if (tellsCaller(this.#reader, start, end)) this.filter.add(callerMark, this.frame)
  }

  #add(start: number, end: number): void {
    const hash = attributeHash(this.#reader, start, end)
    if (hash !== undefined) this.filter.add(hash, this.frame)
    else for (const item of listHashes(this.#reader, start, end)) this.filter.add(item, this.frame)
  }
}

/** Of a tag of one byte: its wire type, and the bit that says that there are more bytes. */
const typeMask = multiByte | 7
