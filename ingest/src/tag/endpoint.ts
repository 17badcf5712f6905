// Which endpoints send, and when they last did: an endpoint is what its spans' resource calls `service.namespace`, the
// machine or cluster that a tracer was set up on. Since the start, in memory, at most `endpointsMax`.
import type { EndpointsAnswer, TraceSource } from '../wire.ts'

export type SentBy = { endpoint: string; source: TraceSource; spanCount: number }

export type Endpoints = {
  saw(sentBy: readonly SentBy[], nowMs: number): void
  /** By name. */
  list(): EndpointsAnswer['endpoints']
}

type Seen = { spans: number; lastSeenMs: number }

export const endpointsMax = 1_000
/** Of spans whose resource has no `service.namespace`. */
export const noEndpoint = ''
/** All those beyond `endpointsMax` together. */
export const otherEndpoints = '(others)'

export function createEndpoints(): Endpoints {
  const known = new Map<string, Map<TraceSource, Seen>>()
  return {
    saw(sentBy, nowMs) {
      for (const { endpoint, source, spanCount } of sentBy) {
        const name = known.has(endpoint) || known.size < endpointsMax ? endpoint : otherEndpoints
        const sources = known.get(name) ?? new Map<TraceSource, Seen>()
        known.set(name, sources)
        sources.set(source, { spans: (sources.get(source)?.spans ?? 0) + spanCount, lastSeenMs: nowMs })
      }
    },
    list() {
      const names = [...known.keys()].sort()
      return names.map((name) => ({
        name,
        sources: [...(known.get(name) ?? [])].map(([source, { spans, lastSeenMs }]) => ({
          source,
          spans,
          lastSeenUnixNano: String(BigInt(Math.round(lastSeenMs)) * 1_000_000n),
        })),
      }))
    },
  }
}
