// The spans of one trace, which lie in any number of bodies, as one OTLP TracesData: a resource and a scope that come again,
// byte for byte, are written once. Nothing is decoded: spans, resources and scopes keep their senders' bytes.
// Only what a sender left out because it was empty is written as empty: each resource, each scope and each span's status.
// OTLP lets both mean the same, but Grafana's data source breaks off at a message that is not there.
import { readFrames } from './frames.ts'
import type { ResourceFrame, ScopeFrame, Slice } from './frames.ts'
import { tagOf, wireType, WireReader } from './wire-reader.ts'

export type TracePart = {
  body: Buffer
  /** Asked for each span of the body, by its place. */
  wanted: (span: number) => boolean
  /** What a span's bytes are, where the body has them blank. */
  spanBytes?: (span: number, blank: Buffer) => Buffer
}

const asItIs = (_span: number, bytes: Buffer): Buffer => bytes

type Scope = { head: Buffer[]; spans: Buffer[] }
type Resource = { head: Buffer[]; scopes: Map<string, Scope> }

const firstTag = 0x0a
const secondTag = 0x12
const statusField = 15
const emptyFirst = Buffer.from([firstTag, 0])
const emptyStatus = Buffer.from([tagOf(statusField, wireType.bytes), 0])

export function regroupTrace(parts: Iterable<TracePart>): Buffer<ArrayBuffer> {
  const resources = new Map<string, Resource>()
  for (const { body, wanted, spanBytes = asItIs } of parts) {
    let at = 0
    for (const frame of readFrames(body)) {
      for (const scope of frame.scopes) {
        let taken: Scope | undefined
        for (const { start, end } of scope.spans) {
          const span = at++
          if (!wanted(span)) continue
          taken ??= scopeOf(resources, body, frame, scope)
          taken.spans.push(...field(secondTag, whole(spanBytes(span, body.subarray(start, end)))))
        }
      }
    }
  }
  const written: Buffer[] = []
  for (const { head, scopes } of resources.values()) {
    const content = [...head]
    for (const scope of scopes.values()) {
      for (const piece of field(secondTag, [...scope.head, ...scope.spans])) content.push(piece)
    }
    for (const piece of field(firstTag, content)) written.push(piece)
  }
  return ownMemory(written)
}

/** Not of the pool, so that it can move to another thread. */
function ownMemory(pieces: readonly Buffer[]): Buffer<ArrayBuffer> {
  const bytes = Buffer.allocUnsafeSlow(sizeOf(pieces))
  let at = 0
  for (const piece of pieces) at += piece.copy(bytes, at)
  return bytes
}

const sizeOf = (pieces: readonly Buffer[]): number => pieces.reduce((sum, piece) => sum + piece.length, 0)

function scopeOf(
  resources: Map<string, Resource>,
  body: Buffer,
  frame: ResourceFrame,
  scopeFrame: ScopeFrame,
): Scope {
  const resourceHead = headOf(body, frame.headers, frame.resource.length > 0)
  const resourceKey = keyOf(resourceHead)
  const resource = resources.get(resourceKey) ?? { head: resourceHead, scopes: new Map<string, Scope>() }
  resources.set(resourceKey, resource)
  const scopeHead = headOf(body, scopeFrame.headers, scopeFrame.scope.length > 0)
  const scopeKey = keyOf(scopeHead)
  const scope = resource.scopes.get(scopeKey) ?? { head: scopeHead, spans: [] }
  resource.scopes.set(scopeKey, scope)
  return scope
}

function headOf(body: Buffer, headers: readonly Slice[], isThere: boolean): Buffer[] {
  const head = headers.map(({ start, end }) => body.subarray(start, end))
  return isThere ? head : [emptyFirst, ...head]
}

const keyOf = (head: readonly Buffer[]): string => Buffer.concat(head).toString('latin1')

/** With a status. */
const whole = (span: Buffer): Buffer[] => (hasStatus(span) ? [span] : [span, emptyStatus])

function hasStatus(span: Buffer): boolean {
  const reader = new WireReader(span)
  reader.enter(0, span.length)
  while (reader.pos < reader.end) {
    const tag = reader.varint()
    if (tag >>> 3 === statusField) return true
    reader.skipField(tag)
  }
  return false
}

/** The field in pieces, which are copied only once, at the end. */
function field(tag: number, content: readonly Buffer[]): Buffer[] {
  const head = [tag]
  let rest = sizeOf(content)
  for (; rest > 127; rest = Math.floor(rest / 128)) head.push((rest % 128) | 128)
  head.push(rest)
  return [Buffer.from(head), ...content]
}
