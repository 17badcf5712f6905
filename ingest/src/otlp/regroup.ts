// Deals the spans of one OTLP body out to new bodies, or leaves some out. Every span, resource and scope keeps its
// original bytes; only the lengths of the frames around them are written anew. Fields at the top level that OTLP does
// not define are left behind.
import { readFrames } from './frames.ts'
import type { ResourceFrame, ScopeFrame, Slice } from './frames.ts'

const tagBytes = { first: 0x0a, second: 0x12 }

/** Keeps the spans that `keep` says yes to, by their position among all spans of the body. */
export function selectSpans(body: Buffer, keep: (ordinal: number) => boolean): Buffer {
  return dealSpans(body, 1, (ordinal) => (keep(ordinal) ? 0 : undefined))[0] ?? Buffer.alloc(0)
}

/** Cuts a body into bodies of at most `spansMax` spans and, unless one span alone is larger, `bytesMax` of spans. */
export function splitSpans(
  body: Buffer,
  spansMax: number,
  bytesMax = Number.POSITIVE_INFINITY,
): { body: Buffer; spanCount: number }[] {
  const counts: number[] = []
  const parts: number[] = []
  let spanCount = 0
  let bytes = 0
  for (const { scopes } of readFrames(body)) {
    for (const { start, end } of scopes.flatMap((scope) => scope.spans)) {
      if (spanCount === spansMax || (spanCount > 0 && bytes + end - start > bytesMax)) {
        counts.push(spanCount)
        spanCount = 0
        bytes = 0
      }
      parts.push(counts.length)
      spanCount++
      bytes += end - start
    }
  }
  if (counts.length === 0) return [{ body, spanCount }]
  counts.push(spanCount)
  const bodies = dealSpans(body, counts.length, (ordinal) => parts[ordinal])
  return bodies.map((part, index) => ({ body: part, spanCount: counts[index] ?? 0 }))
}

function dealSpans(body: Buffer, parts: number, partOf: (ordinal: number) => number | undefined): Buffer[] {
  const written: Buffer[][] = Array.from({ length: parts }, () => [])
  let ordinal = 0
  for (const frame of readFrames(body)) {
    const scopesOf = new Map<number, Map<ScopeFrame, Slice[]>>()
    for (const scope of frame.scopes) {
      for (const span of scope.spans) {
        const part = partOf(ordinal++)
        if (part === undefined) continue
        const scopes = scopesOf.get(part) ?? new Map<ScopeFrame, Slice[]>()
        const spans = scopes.get(scope) ?? []
        spans.push(span)
        scopesOf.set(part, scopes.set(scope, spans))
      }
    }
    for (const [part, scopes] of scopesOf) written[part]?.push(writeResource(body, frame, scopes))
  }
  return written.map((frames) => Buffer.concat(frames))
}

function writeResource(body: Buffer, frame: ResourceFrame, scopes: Map<ScopeFrame, Slice[]>): Buffer {
  const parts = frame.headers.map(({ start, end }) => body.subarray(start, end))
  for (const [scope, spans] of scopes) {
    const content = scope.headers.map(({ start, end }) => body.subarray(start, end))
    for (const { start, end } of spans) content.push(field(tagBytes.second, [body.subarray(start, end)]))
    parts.push(field(tagBytes.second, content))
  }
  return field(tagBytes.first, parts)
}

function field(tagByte: number, content: Buffer[]): Buffer {
  const length: number[] = [tagByte]
  let rest = content.reduce((sum, part) => sum + part.length, 0)
  for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest % 128) | 128)
  length.push(rest)
  return Buffer.concat([Buffer.from(length), ...content])
}
