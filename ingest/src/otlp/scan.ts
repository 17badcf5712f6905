// Reads of an OTLP protobuf body only what storing and finding need: where ids, times and names lie, kind, status, and
// who sent it. In: one body; out: span heads in the body's order, grouped by scope, and the spans that break a rule.
// Attributes of spans, events and links are stepped over: they stay in the body, which is what gets stored.
// Reading every field instead costs 16 times as much (0.24M against 3.8M spans/s on one thread).
import { partsMax, walkFrames } from './frames.ts'
import type { FrameVisitor, Slice } from './frames.ts'
import { remembered } from './remembered.ts'
import { readSenderClaims, readScopeName } from './sender.ts'
import type { SenderClaims } from './sender.ts'
import { flagsOf, headAt, headStride } from './span-heads.ts'
import type { SpanHeads } from './span-heads.ts'
import { tagOf, wireType, WireReader } from './wire-reader.ts'

const senderClaims = remembered(readSenderClaims)
const scopeName = remembered(readScopeName)

/** What a span must fulfil to be stored. Everything else (odd names, ends before starts) is kept as sent. */
export const spanRules = {
  trace_id: 'trace_id must be 16 bytes, not all zero',
  span_id: 'span_id must be 8 bytes, not all zero',
  parent_span_id: 'parent_span_id must be empty or 8 bytes',
  time: 'start and end must lie before 2262-04-11 (63 bits of nanoseconds)',
} as const
export type SpanRule = keyof typeof spanRules

/** Spans of one scope that keep the rules, who sent them, and where the bytes of their resource lie. */
export type ScannedGroup = SenderClaims & { resource: Slice[]; spanCount: number }
export type ScannedBody = {
  groups: ScannedGroup[]
  /** Of the spans in `groups`. */
  heads: SpanHeads
  spanCount: number
  /** Ordinals (position among all spans of the body) that broke a rule, and which. */
  rejected: Map<number, SpanRule>
}

/** Throws UndecodableBody, TooManyParts beyond `partsLimit`: a stored block holds several requests. */
export function scanBody(body: Buffer, partsLimit = partsMax): ScannedBody {
  const scan = new Scan(body)
  walkFrames(scan.reader, scan, partsLimit)
  const { groups, spanCount, rejected } = scan
  return { groups, heads: scan.heads.taken(spanCount), spanCount, rejected }
}

/** Where the fields of one span lie, in its own bytes; it was taken before. */
export function locateSpan(bytes: Buffer): SpanHeads {
  const heads = new Uint32Array(headStride)
  locateFields(new WireReader(bytes), 0, bytes.length, heads, 0)
  return heads
}

/** Where the spans of a body lie that were all taken before, also while their ids are blank (all zero). */
export function locateSpans(body: Buffer): SpanHeads {
  const reader = new WireReader(body)
  const heads = new GrowingHeads()
  let spans = 0
  walkFrames(reader, {
    ...ignoresAll,
    span: (start, end) => locateFields(reader, start, end, heads.withRoomFor(spans), spans++ * headStride),
  })
  return heads.taken(spans)
}

const ignore = (): void => {}
const ignoresAll: FrameVisitor = {
  enterResource: ignore,
  resource: ignore,
  enterScope: ignore,
  scope: ignore,
  span: ignore,
  leaveScope: ignore,
  leaveResource: ignore,
  header: ignore,
}

/** Of a full block: larger ones are not kept. */
const keptHeads = 8_192 * headStride
// A thread scans one body at a time: they share what heads are gathered in.
let scratch: SpanHeads = new Uint32Array(512 * headStride)

class GrowingHeads {
  #heads = scratch

  /** For the span of this number and those before it. */
  withRoomFor(span: number): SpanHeads {
    if ((span + 1) * headStride <= this.#heads.length) return this.#heads
    const larger = new Uint32Array(this.#heads.length * 2)
    larger.set(this.#heads)
    if (larger.length <= keptHeads) scratch = larger
    return (this.#heads = larger)
  }

  /** A copy of the first so many. */
  taken(spans: number): SpanHeads {
    return this.#heads.slice(0, spans * headStride)
  }
}

const unknownYet: SenderClaims['attributes'] = new Map()

class Scan implements FrameVisitor {
  readonly reader: WireReader
  readonly heads = new GrowingHeads()
  readonly groups: ScannedGroup[] = []
  readonly rejected = new Map<number, SpanRule>()
  spanCount = 0
  #ordinal = 0
  /** Of the resource that was entered last; its fields may stand behind its spans. */
  #resource: Slice[] = []
  #firstGroup = 0
  /** Of the scope that was entered last. */
  #scope: Slice[] = []
  #firstSpan = 0

  constructor(body: Buffer) {
    this.reader = new WireReader(body)
  }

  enterResource(): void {
    this.#resource = []
    this.#firstGroup = this.groups.length
  }

  resource(start: number, end: number): void {
    this.#resource.push({ start, end })
  }

  enterScope(): void {
    this.#scope.length = 0
    this.#firstSpan = this.spanCount
  }

  scope(start: number, end: number): void {
    this.#scope.push({ start, end })
  }

  span(start: number, end: number): void {
    const heads = this.heads.withRoomFor(this.spanCount)
    const broken = scanSpan(this.reader, start, end, heads, this.spanCount * headStride)
    if (broken === undefined) this.spanCount++
    else this.rejected.set(this.#ordinal, broken)
    this.#ordinal++
  }

  leaveScope(): void {
    const spanCount = this.spanCount - this.#firstSpan
    if (spanCount === 0) return
    this.groups.push({
      attributes: unknownYet,
      scopeName: scopeName(this.reader, this.#scope),
      resource: this.#resource,
      spanCount,
    })
  }

  leaveResource(): void {
    if (this.groups.length === this.#firstGroup) return
    const { attributes } = senderClaims(this.reader, this.#resource)
    for (let at = this.#firstGroup; at < this.groups.length; at++) {
      const group = this.groups[at]
      if (group !== undefined) group.attributes = attributes
    }
  }

  header(): void {}
}

const spanTag = {
  traceId: tagOf(1, wireType.bytes),
  spanId: tagOf(2, wireType.bytes),
  parentId: tagOf(4, wireType.bytes),
  name: tagOf(5, wireType.bytes),
  kind: tagOf(6, wireType.varint),
  startTime: tagOf(7, wireType.fixed64),
  endTime: tagOf(8, wireType.fixed64),
  attribute: tagOf(9, wireType.bytes),
  status: tagOf(15, wireType.bytes),
} as const
const statusCodeTag = tagOf(3, wireType.varint)

/** Writes one span's head from `at` on and says which rule it breaks. */
function scanSpan(
  reader: WireReader,
  start: number,
  end: number,
  heads: SpanHeads,
  at: number,
): SpanRule | undefined {
  const sizes = locateFields(reader, start, end, heads, at)
  const { bytes } = reader
  const position = (field: number): number => heads[at + field] ?? 0
  if (sizes.traceId !== 16 || isZero(bytes, position(headAt.traceId), 16)) return 'trace_id'
  if (sizes.spanId !== 8 || isZero(bytes, position(headAt.spanId), 8)) return 'span_id'
  if (sizes.parentId !== 8 && sizes.parentId !== 0) return 'parent_span_id'
  if (isTooLate(bytes, position(headAt.startTime)) || isTooLate(bytes, position(headAt.endTime)))
    return 'time'
  // Some exporters write a missing parent as eight zero bytes.
  if (sizes.parentId === 0 || isZero(bytes, position(headAt.parentId), 8)) {
    heads[at + headAt.parentId] = 0
    heads[at + headAt.flags] = (heads[at + headAt.flags] ?? 0) | flagsOf(true, 0, 0)
  }
  return undefined
}

/** Of the ids' fields, the last of each. One object for all spans: it is read before the next is located. */
const sizes = { traceId: 0, spanId: 0, parentId: 0 }

/** Writes one span's head from `at` on; of a field that comes twice the last counts. Gives the ids' sizes in bytes. */
function locateFields(
  reader: WireReader,
  start: number,
  end: number,
  heads: SpanHeads,
  at: number,
): typeof sizes {
  let [traceId, spanId, parentId, startTime, endTime, name, nameBytes] = [0, 0, 0, 0, 0, 0, 0]
  let [kind, status] = [0, 0]
  sizes.traceId = sizes.spanId = sizes.parentId = 0
  reader.enter(start, end)
  while (reader.pos < end) {
    const tag = reader.varint()
    switch (tag) {
      case spanTag.attribute:
        reader.skipBytes()
        break
      case spanTag.traceId:
        traceId = reader.skipBytes()
        sizes.traceId = reader.pos - traceId
        break
      case spanTag.spanId:
        spanId = reader.skipBytes()
        sizes.spanId = reader.pos - spanId
        break
      case spanTag.parentId:
        parentId = reader.skipBytes()
        sizes.parentId = reader.pos - parentId
        break
      case spanTag.name:
        name = reader.skipBytes()
        nameBytes = reader.pos - name
        break
      case spanTag.kind:
        kind = reader.varint()
        break
      case spanTag.startTime:
        startTime = reader.skipFixed64()
        break
      case spanTag.endTime:
        endTime = reader.skipFixed64()
        break
      case spanTag.status:
        status = scanStatus(reader, end)
        break
      default:
        reader.skipField(tag)
    }
  }
  heads[at + headAt.start] = start
  heads[at + headAt.end] = end
  heads[at + headAt.traceId] = traceId
  heads[at + headAt.spanId] = spanId
  heads[at + headAt.parentId] = sizes.parentId === 8 ? parentId : 0
  heads[at + headAt.startTime] = startTime
  heads[at + headAt.endTime] = endTime
  heads[at + headAt.name] = name
  heads[at + headAt.nameBytes] = nameBytes
  heads[at + headAt.flags] = flagsOf(false, kind > 5 ? 0 : kind, status > 2 ? 0 : status)
  return sizes
}

function scanStatus(reader: WireReader, outerEnd: number): number {
  const start = reader.skipBytes()
  const end = reader.pos
  let code = 0
  reader.enter(start, end)
  while (reader.pos < end) {
    const tag = reader.varint()
    if (tag === statusCodeTag) code = reader.varint()
    else reader.skipField(tag)
  }
  reader.enter(end, outerEnd)
  return code
}

function isZero(bytes: Uint8Array, at: number, size: number): boolean {
  for (let index = at; index < at + size; index++) if (bytes[index] !== 0) return false
  return true
}

/** Beyond 63 bits; little-endian, so that the last byte holds the highest bit. */
function isTooLate(bytes: Uint8Array, at: number): boolean {
  return at !== 0 && (bytes[at + 7] ?? 0) > 127
}
