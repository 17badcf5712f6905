// The spans of one trace, which lie in any number of bodies, as one OTLP TracesData: a resource and a scope that come again,
// byte for byte, are written once. Nothing is decoded: spans, resources and scopes keep their senders' bytes, but for
// what no reader could take (readable.ts). What a sender left out because it was empty is written as empty: each
// resource, each scope and each span's status. OTLP lets both mean the same, but Grafana's data source breaks off at a
// message that is not there.
import { joined, readFrames } from './frames.ts'
import type { ResourceFrame, ScopeFrame, Slice } from './frames.ts'
import { framed, lengthDelimited, readableResource, readableScope, readableSpan } from './readable.ts'

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

/** Of what is around spans: a resource or a scope first, what it holds second. */
const [first, second] = [1, 2]

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
          taken.spans.push(...framed(second, readableSpan(spanBytes(span, body.subarray(start, end)))))
        }
      }
    }
  }
  const written: Buffer[] = []
  for (const { head, scopes } of resources.values()) {
    const content = [...head]
    for (const scope of scopes.values()) {
      for (const piece of framed(second, [...scope.head, ...scope.spans])) content.push(piece)
    }
    for (const piece of framed(first, content)) written.push(piece)
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
  const resourceHead = headOf(body, frame.headers, frame.resource, readableResource)
  const resourceKey = keyOf(resourceHead)
  const resource = resources.get(resourceKey) ?? { head: resourceHead, scopes: new Map<string, Scope>() }
  resources.set(resourceKey, resource)
  const scopeHead = headOf(body, scopeFrame.headers, scopeFrame.scope, readableScope)
  const scopeKey = keyOf(scopeHead)
  const scope = resource.scopes.get(scopeKey) ?? { head: scopeHead, spans: [] }
  resource.scopes.set(scopeKey, scope)
  return scope
}

/** What it is of (a resource, a scope) as one field, then the schema's URL and what is not known. */
function headOf(
  body: Buffer,
  headers: readonly Slice[],
  parts: readonly Slice[],
  readable: (message: Buffer) => Buffer,
): Buffer[] {
  const others = headers.filter(
    ({ start, end }) => !parts.some((part) => part.start >= start && part.end <= end),
  )
  const message = readable(joined(body, parts))
  return [lengthDelimited(first, [message]), ...others.map(({ start, end }) => body.subarray(start, end))]
}

const keyOf = (head: readonly Buffer[]): string => Buffer.concat(head).toString('latin1')
