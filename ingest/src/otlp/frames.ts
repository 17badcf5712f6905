// The outer frames of an ExportTraceServiceRequest: where in the bytes each resource, scope and span lies. Nothing
// inside them is decoded and nothing is copied; offsets are bytes into the body. `readFrames` makes a small object a span,
// `walkFrames` none.
import { tagOf, wireType, WireReader } from './wire-reader.ts'

/** Half-open byte range of the body. */
export type Slice = { start: number; end: number }

export type ScopeFrame = {
  /** Contents of the `scope` field; more than one where a sender split it, which protobuf says to merge. */
  scope: Slice[]
  /** Whole fields, tag included, that are not spans: scope, schema URL, and what is not known. */
  headers: Slice[]
  /** Contents of each span, in order. */
  spans: Slice[]
}

export type ResourceFrame = { resource: Slice[]; headers: Slice[]; scopes: ScopeFrame[] }

/** The body is not an OTLP trace request; the message names the byte where reading stopped. */
export class UndecodableBody extends Error {
  override name = 'UndecodableBody'
}

/** The body is made of more parts than a request may have: see partsMax. */
export class TooManyParts extends Error {
  override name = 'TooManyParts'
}

// Resources, scopes, spans and fields around them in one request. Empty ones are two bytes: 64 MiB of those would take
// gigabytes to list. A real span takes 100 bytes or more, so that a full request has some 600,000 parts.
export const partsMax = 1_000_000

const firstField = tagOf(1, wireType.bytes)
const secondField = tagOf(2, wireType.bytes)

/** What a walk through a body meets, in the order of its bytes; positions are bytes into the body. */
export type FrameVisitor = {
  enterResource: () => void
  /** Contents of a `resource` field. */
  resource: (start: number, end: number) => void
  enterScope: () => void
  /** Contents of a `scope` field. */
  scope: (start: number, end: number) => void
  span: (start: number, end: number) => void
  leaveScope: () => void
  leaveResource: () => void
  /** A whole field of what was entered last, tag included, that is no scope or span of its own. */
  header: (start: number, end: number) => void
}

class Walk {
  readonly reader: WireReader
  readonly visitor: FrameVisitor
  partsLeft: number

  constructor(reader: WireReader, visitor: FrameVisitor, partsLimit: number) {
    this.reader = reader
    this.visitor = visitor
    this.partsLeft = partsLimit
  }

  body(): void {
    const { reader, visitor } = this
    const end = reader.bytes.length
    reader.enter(0, end)
    while (reader.pos < end) {
      const tag = reader.varint()
      if (tag !== firstField) {
        reader.skipField(tag)
        continue
      }
      this.#spend()
      const start = reader.skipBytes()
      visitor.enterResource()
      this.#resource(start, reader.pos)
      visitor.leaveResource()
      reader.enter(reader.pos, end)
    }
  }

  #resource(start: number, end: number): void {
    const { reader, visitor } = this
    reader.enter(start, end)
    while (reader.pos < end) {
      const fieldStart = reader.pos
      const tag = reader.varint()
      this.#spend()
      if (tag === secondField) {
        const scopeStart = reader.skipBytes()
        visitor.enterScope()
        this.#scope(scopeStart, reader.pos)
        visitor.leaveScope()
        reader.enter(reader.pos, end)
        continue
      }
      if (tag === firstField) visitor.resource(reader.skipBytes(), reader.pos)
      else reader.skipField(tag)
      visitor.header(fieldStart, reader.pos)
    }
  }

  #scope(start: number, end: number): void {
    const { reader, visitor } = this
    reader.enter(start, end)
    while (reader.pos < end) {
      const fieldStart = reader.pos
      const tag = reader.varint()
      this.#spend()
      if (tag === secondField) {
        const spanStart = reader.skipBytes()
        const spanEnd = reader.pos
        visitor.span(spanStart, spanEnd)
        reader.enter(spanEnd, end)
        continue
      }
      if (tag === firstField) visitor.scope(reader.skipBytes(), reader.pos)
      else reader.skipField(tag)
      visitor.header(fieldStart, reader.pos)
    }
  }

  #spend(): void {
    if (this.partsLeft-- === 0) throw new TooManyParts(`it has more than ${partsMax} parts`)
  }
}

/**
 * Walks the reader's whole body; the visitor may use the reader. Throws UndecodableBody, and TooManyParts beyond
 * `partsLimit`: for bodies from outside. Stored blocks hold several requests and are bounded in bytes.
 */
export function walkFrames(
  reader: WireReader,
  visitor: FrameVisitor,
  partsLimit = Number.POSITIVE_INFINITY,
): void {
  try {
    new Walk(reader, visitor, partsLimit).body()
  } catch (error) {
    if (error instanceof RangeError) throw undecodable(error, reader.pos)
    throw error
  }
}

/** Throws as walkFrames does. */
export function readFrames(body: Buffer, partsLimit?: number): ResourceFrame[] {
  const frames: ResourceFrame[] = []
  let resource: ResourceFrame = { resource: [], headers: [], scopes: [] }
  let scope: ScopeFrame | undefined
  const visitor: FrameVisitor = {
    enterResource: () => frames.push((resource = { resource: [], headers: [], scopes: [] })),
    resource: (start, end) => resource.resource.push({ start, end }),
    enterScope: () => resource.scopes.push((scope = { scope: [], headers: [], spans: [] })),
    scope: (start, end) => scope?.scope.push({ start, end }),
    span: (start, end) => scope?.spans.push({ start, end }),
    leaveScope: () => (scope = undefined),
    leaveResource: () => {},
    header: (start, end) => (scope ?? resource).headers.push({ start, end }),
  }
  walkFrames(new WireReader(body), visitor, partsLimit)
  return frames
}

export function undecodable(error: unknown, offsetBytes: number): UndecodableBody {
  const reason = error instanceof Error ? error.message : String(error)
  return new UndecodableBody(`not an OTLP trace request: at byte ${offsetBytes}: ${reason}`, { cause: error })
}

/** The bytes of a message that may lie in several slices: protobuf merges concatenated messages. */
export function joined(body: Buffer, slices: readonly Slice[]): Buffer {
  const [first, ...more] = slices.map(({ start, end }) => body.subarray(start, end))
  if (first === undefined) return Buffer.alloc(0)
  return more.length === 0 ? first : Buffer.concat([first, ...more])
}
