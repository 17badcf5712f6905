// Which spans an OTLP body holds, for people: ids and names of the first so many. Pure.
import { scanBody } from '../otlp/scan.ts'
import { headAt, headStride } from '../otlp/span-heads.ts'

export type NamedSpan = { traceId: string; spanId: string; name: string }

export function namedSpans(body: Buffer, spansMax: number): NamedSpan[] {
  const { heads, spanCount } = scanBody(body, Number.POSITIVE_INFINITY)
  return Array.from({ length: Math.min(spanCount, spansMax) }, (_, span) => {
    const at = (field: number): number => heads[span * headStride + field] ?? 0
    const [traceId, spanId, name] = [at(headAt.traceId), at(headAt.spanId), at(headAt.name)]
    return {
      traceId: body.toString('hex', traceId, traceId + 16),
      spanId: body.toString('hex', spanId, spanId + 8),
      name: body.toString('utf8', name, name + at(headAt.nameBytes)),
    }
  })
}
