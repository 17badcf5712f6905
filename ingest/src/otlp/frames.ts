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

// Tags are (field number << 3) | wire type; 2 is "length-delimited".
const firstField = (1 << 3) | 2
const secondField = (2 << 3) | 2

type Reader = protobuf.Reader

/** Enters a length-delimited field: from here the reader fails where it would leave the field. */
function enter(reader: Reader): Slice {
  const size = reader.uint32()
  const end = reader.pos + size
  if (end > reader.len) throw new RangeError(`a field of ${size} bytes does not fit`)
  return { start: reader.pos, end }
}

function readScope(reader: Reader, field: Slice): ScopeFrame {
  const frame: ScopeFrame = { scope: [], headers: [], spans: [] }
  const outerEnd = reader.len
  reader.len = field.end
  while (reader.pos < reader.len) {
    const start = reader.pos
    const tag = reader.uint32()
    if (tag === secondField) {
      const span = enter(reader)
      frame.spans.push(span)
      reader.pos = span.end
      continue
    }
    if (tag === firstField) {
      const scope = enter(reader)
      frame.scope.push(scope)
      reader.pos = scope.end
    } else reader.skipType(tag & 7, 0, tag >>> 3)
    frame.headers.push({ start, end: reader.pos })
  }
  reader.len = outerEnd
  return frame
}

function readResource(reader: Reader, field: Slice): ResourceFrame {
  const frame: ResourceFrame = { resource: [], headers: [], scopes: [] }
  const outerEnd = reader.len
  reader.len = field.end
  while (reader.pos < reader.len) {
    const start = reader.pos
    const tag = reader.uint32()
    if (tag === secondField) {
      frame.scopes.push(readScope(reader, enter(reader)))
      continue
    }
    if (tag === firstField) {
      const resource = enter(reader)
      frame.resource.push(resource)
      reader.pos = resource.end
    } else reader.skipType(tag & 7, 0, tag >>> 3)
    frame.headers.push({ start, end: reader.pos })
  }
  reader.len = outerEnd
  return frame
}

/** Throws UndecodableBody. */
export function readFrames(body: Buffer): ResourceFrame[] {
  const reader = protobuf.Reader.create(body)
  const frames: ResourceFrame[] = []
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      if (tag === firstField) frames.push(readResource(reader, enter(reader)))
      else reader.skipType(tag & 7, 0, tag >>> 3)
    }
  } catch (error) {
    throw undecodable(error, reader.pos)
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
