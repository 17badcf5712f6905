// A scanned body to what the store takes: each scope's spans under the source and service they belong to. Pure.
import type { ScannedBody } from '../otlp/scan.ts'
import type { SenderClaims } from '../otlp/sender.ts'
import type { Batch } from '../store/store.ts'
import type { TraceSource } from '../wire.ts'
import { traceSourceOf, unknownService } from './trace-source.ts'

/** All spans of the body must have kept the rules. */
export function taggedBatch(
  body: Buffer,
  { groups, heads, spanCount }: ScannedBody,
  sourceOf: (claims: SenderClaims) => TraceSource = traceSourceOf,
): Batch {
  return {
    body,
    heads,
    groups: groups.map(({ sender, resource, spanCount }) => ({
      source: sourceOf(sender),
      service: sender.attributes.get('service.name') ?? unknownService,
      resource,
      spanCount,
    })),
    spanCount,
  }
}
