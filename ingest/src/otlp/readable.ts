// A span, a resource or a scope that every reader of OTLP takes. In: the bytes that a sender sent; out: the same, or, of a
// message in which something is no protobuf, what of it can be read, and all of its bytes as the attribute
// `probespan.undecodable`: one such span would make its whole trace unreadable for others.
import type protobuf from 'protobufjs'
import { keyValueType, resourceType, scopeType, spanType } from './schema.ts'
import { isWellFormed } from './well-formed.ts'
import { tagOf, wireType, WireReader } from './wire-reader.ts'

const attributesFields = new Map([
  [spanType, 9],
  [resourceType, 1],
  [scopeType, 3],
])
const nameField = 5
/** Ids, kind and times. */
const spanScalars: ReadonlySet<number> = new Set([
  ...[1, 2, 4].map((field) => tagOf(field, wireType.bytes)),
  tagOf(6, wireType.varint),
  ...[7, 8].map((field) => tagOf(field, wireType.fixed64)),
])
const statusField = 15
const emptyStatus = Buffer.from([tagOf(statusField, wireType.bytes), 0])

/** With a status, if only an empty one; in pieces. */
export function readableSpan(span: Buffer): Buffer[] {
  if (isWellFormed(spanType, span)) return hasStatus(span) ? [span] : [span, emptyStatus]
  return [...fieldsOf(span, spanScalars), ...nameOf(span), asAttribute(spanType, span), emptyStatus]
}

/** What is no text in it is replaced, as it is in the columns. */
function nameOf(span: Buffer): Buffer[] {
  const last = fieldsOf(span, new Set([tagOf(nameField, wireType.bytes)])).at(-1)
  if (last === undefined) return []
  const reader = new WireReader(last)
  reader.enter(0, last.length)
  reader.varint()
  const text = last.toString('utf8', reader.skipBytes())
  return [lengthDelimited(nameField, [Buffer.from(text)])]
}

export const readableResource = (resource: Buffer): Buffer => readable(resourceType, resource)
export const readableScope = (scope: Buffer): Buffer => readable(scopeType, scope)

function readable(type: protobuf.Type, message: Buffer): Buffer {
  return isWellFormed(type, message) ? message : asAttribute(type, message)
}

/** The field of the message's attributes that holds it all. */
function asAttribute(type: protobuf.Type, bytes: Buffer): Buffer {
  const attribute = { key: 'probespan.undecodable', value: { bytesValue: bytes } }
  const content = keyValueType.encode(keyValueType.fromObject(attribute)).finish()
  return lengthDelimited(attributesFields.get(type) ?? 0, [Buffer.from(content)])
}

function hasStatus(span: Buffer): boolean {
  return fieldsOf(span, new Set([tagOf(statusField, wireType.bytes)])).length > 0
}

/** Whole fields of these tags. A span that was stored has its own fields whole, whatever is within them. */
function fieldsOf(message: Buffer, tags: ReadonlySet<number>): Buffer[] {
  const reader = new WireReader(message)
  reader.enter(0, message.length)
  const found: Buffer[] = []
  while (reader.pos < message.length) {
    const start = reader.pos
    const tag = reader.varint()
    reader.skipField(tag)
    if (tags.has(tag)) found.push(message.subarray(start, reader.pos))
  }
  return found
}

export function lengthDelimited(field: number, content: readonly Buffer[]): Buffer {
  return Buffer.concat(framed(field, content))
}

/** The same in pieces, to be copied only once. */
export function framed(field: number, content: readonly Buffer[]): Buffer[] {
  const head = [tagOf(field, wireType.bytes)]
  let rest = content.reduce((sum, piece) => sum + piece.length, 0)
  for (; rest > 127; rest = Math.floor(rest / 128)) head.push((rest % 128) | 128)
  return [Buffer.from([...head, rest]), ...content]
}
