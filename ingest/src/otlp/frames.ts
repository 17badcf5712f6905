// The outer frames of an ExportTraceServiceRequest: where in the bytes each resource, scope and span lies. Nothing
// inside them is decoded and nothing is copied; offsets are bytes into the body. Memory: one small object a span.
import protobuf from 'protobufjs'

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

// Tags are (field number << 3) | wire type; 2 is "length-delimited".
const firstField = (1 << 3) | 2
const secondField = (2 << 3) | 2

type Reader = protobuf.Reader
type Budget = { partsLeft: number }

function spend(budget: Budget): void {
  if (budget.partsLeft-- === 0) throw new TooManyParts(`it has more than ${partsMax} parts`)
}

/** Enters a length-delimited field: from here the reader fails where it would leave the field. */
function enter(reader: Reader, budget: Budget): Slice {
  spend(budget)
  const size = reader.uint32()
  const end = reader.pos + size
  if (end > reader.len) throw new RangeError(`a field of ${size} bytes does not fit`)
  return { start: reader.pos, end }
}

function readScope(reader: Reader, field: Slice, budget: Budget): ScopeFrame {
  const frame: ScopeFrame = { scope: [], headers: [], spans: [] }
  const outerEnd = reader.len
  reader.len = field.end
  while (reader.pos < reader.len) {
    const start = reader.pos
    const tag = reader.uint32()
    if (tag === secondField) {
      const span = enter(reader, budget)
      frame.spans.push(span)
      reader.pos = span.end
      continue
    }
    if (tag === firstField) {
      const scope = enter(reader, budget)
      frame.scope.push(scope)
      reader.pos = scope.end
    } else {
      spend(budget)
      reader.skipType(tag & 7, 0, tag >>> 3)
    }
    frame.headers.push({ start, end: reader.pos })
  }
  reader.len = outerEnd
  return frame
}

function readResource(reader: Reader, field: Slice, budget: Budget): ResourceFrame {
  const frame: ResourceFrame = { resource: [], headers: [], scopes: [] }
  const outerEnd = reader.len
  reader.len = field.end
  while (reader.pos < reader.len) {
    const start = reader.pos
    const tag = reader.uint32()
    if (tag === secondField) {
      frame.scopes.push(readScope(reader, enter(reader, budget), budget))
      continue
    }
    if (tag === firstField) {
      const resource = enter(reader, budget)
      frame.resource.push(resource)
      reader.pos = resource.end
    } else {
      spend(budget)
      reader.skipType(tag & 7, 0, tag >>> 3)
    }
    frame.headers.push({ start, end: reader.pos })
  }
  reader.len = outerEnd
  return frame
}

/**
 * Throws UndecodableBody, and TooManyParts beyond `partsLimit`: for bodies from outside. Stored blocks hold several
 * requests and are bounded in bytes.
 */
export function readFrames(body: Buffer, partsLimit = Number.POSITIVE_INFINITY): ResourceFrame[] {
  const reader = protobuf.Reader.create(body)
  const frames: ResourceFrame[] = []
  const budget = { partsLeft: partsLimit }
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      if (tag === firstField) frames.push(readResource(reader, enter(reader, budget), budget))
      else reader.skipType(tag & 7, 0, tag >>> 3)
    }
  } catch (error) {
    throw error instanceof TooManyParts ? error : undecodable(error, reader.pos)
  }
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
