// A scanned body to what the store takes: each scope's spans under the source and service they belong to. Pure.
import type { ScannedBody } from '../otlp/scan.ts'
import type { Batch } from '../store/store.ts'
import { traceSourceOf, unknownService } from './trace-source.ts'

/** All spans of the body must have kept the rules. */
export function taggedBatch(body: Buffer, { groups, heads, spanCount }: ScannedBody): Batch {
  return {
    body,
    heads,
    groups: groups.map(({ sender, resource, spanCount }) => ({
      source: traceSourceOf(sender),
      service: sender.serviceName ?? unknownService,
      resource,
      spanCount,
    })),
    spanCount,
  }
}
