// Leaves out of a request the spans whose resource has another `service.namespace` than the sender's key is bound to.
// In: one OTLP body; out: the body without them, byte for byte as sent, and how many they were. Pure.
// Throws UndecodableBody, TooManyParts.
import { joined, partsMax, readFrames } from '../otlp/frames.ts'
import { selectSpans } from '../otlp/regroup.ts'
import { readSenderClaims } from '../otlp/sender.ts'

export function withinNamespace(body: Buffer, namespace: string): { body: Buffer; refusedSpans: number } {
  const refused = new Set<number>()
  let ordinal = 0
  for (const { resource, scopes } of readFrames(body, partsMax)) {
    const { attributes } = readSenderClaims(joined(body, resource))
    const fits = attributes.get('service.namespace') === namespace
    for (const { spans } of scopes) {
      for (let at = 0; at < spans.length; at++) if (!fits) refused.add(ordinal + at)
      ordinal += spans.length
    }
  }
  if (refused.size === 0) return { body, refusedSpans: 0 }
  return { body: selectSpans(body, (at) => !refused.has(at)), refusedSpans: refused.size }
}
