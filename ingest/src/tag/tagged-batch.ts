// A scanned body to what the store takes: each scope's spans under the source and service they belong to. Pure.
import type { ScannedBody } from '../otlp/scan.ts'
import type { Batch } from '../store/store.ts'
import type { TraceSource } from '../wire.ts'
import { traceSourceOf, unknownService } from './trace-source.ts'
import type { SourceRule } from './trace-source.ts'

/** All spans of the body must have kept the rules. `bound` is what the sender's key says, whatever the spans claim. */
export function taggedBatch(
  body: Buffer,
  { groups, heads, spanCount }: ScannedBody,
  ownRules: readonly SourceRule[] = [],
  bound?: TraceSource,
): Batch {
  return {
    body,
    heads,
    groups: groups.map((group) => ({
      source: bound ?? traceSourceOf(group, ownRules),
      service: group.attributes.get('service.name') ?? unknownService,
      resource: group.resource,
      spanCount: group.spanCount,
    })),
    spanCount,
  }
}
