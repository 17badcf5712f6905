// A stored block's spans as a batch again, to be packed anew: under the source and service they were stored with, not
// those that today's rules would give. In: its body with ids, its columns, and which spans to keep.
import { selectSpans } from '../../otlp/regroup.ts'
import { scanBody } from '../../otlp/scan.ts'
import type { Batch } from '../store.ts'
import type { Columns } from './columns.ts'
import { sourceAt } from './sources.ts'

export function storedBatch(body: Buffer, columns: Columns, keep?: (span: number) => boolean): Batch {
  const spans = Array.from(columns.source, (_, span) => span)
  const kept = keep === undefined ? spans : spans.filter(keep)
  const bytes = keep === undefined ? body : selectSpans(body, keep)
  const { groups, heads, spanCount } = scanBody(bytes, Number.POSITIVE_INFINITY)
  let at = 0
  return {
    body: bytes,
    heads,
    spanCount,
    groups: groups.map(({ resource, spanCount }) => {
      const span = kept[at] ?? 0
      at += spanCount
      return {
        source: sourceAt(columns.source[span] ?? 0),
        service: columns.services[columns.service[span] ?? 0] ?? '',
        resource,
        spanCount,
      }
    }),
  }
}
