// The order in which a trace's spans are shown: by start, then parents before children (Beyla sends a request's inner
// spans first, with the very start of their parent), then by id. Pure; spans whose parents form a ring are kept.
import type { Span } from '../wire.ts'

type Ordered = Pick<Span, 'spanId' | 'parentSpanId' | 'startUnixNano'>

export function inTraceOrder<Shown extends Ordered>(spans: readonly Shown[]): Shown[] {
  const depths = depthsOf(spans)
  return spans
    .map((span) => ({ span, start: BigInt(span.startUnixNano), depth: depths.get(span.spanId) ?? 0 }))
    .sort((a, b) => {
      if (a.start !== b.start) return a.start < b.start ? -1 : 1
      return a.depth - b.depth || (a.span.spanId < b.span.spanId ? -1 : 1)
    })
    .map(({ span }) => span)
}

/** How many ancestors of each span are present. Walks with a list, not by recursion: chains may be long. */
function depthsOf(spans: readonly Ordered[]): Map<string, number> {
  const parents = new Map(spans.map((span) => [span.spanId, span.parentSpanId]))
  const depths = new Map<string, number>()
  for (const { spanId } of spans) {
    const chain: string[] = []
    const inChain = new Set<string>()
    let at: string | undefined = spanId
    while (at !== undefined && parents.has(at) && !depths.has(at) && !inChain.has(at)) {
      chain.push(at)
      inChain.add(at)
      at = parents.get(at)
    }
    let depth = at === undefined ? -1 : (depths.get(at) ?? -1)
    for (const id of chain.reverse()) depths.set(id, ++depth)
  }
  return depths
}
