// What a scan found of each span of a body, as values: for tests to compare.
import { scanBody } from '../src/otlp/scan.ts'
import { headAt, headStride, isRoot, kindOf, statusOf } from '../src/otlp/span-heads.ts'

export type SpanHead = {
  traceId: string
  spanId: string
  root: boolean
  startUnixNano: bigint
  durationNano: bigint
  name: string
  kind: number
  status: number
}

export function headsOf(body: Buffer): SpanHead[] {
  const { heads, spanCount } = scanBody(body)
  return Array.from({ length: spanCount }, (_, span) => {
    const field = (offset: number): number => heads[span * headStride + offset] ?? 0
    const time = (at: number): bigint => (at === 0 ? 0n : body.readBigUInt64LE(at))
    const id = (at: number, bytes: number): string => body.toString('hex', at, at + bytes)
    const start = time(field(headAt.startTime))
    const name = field(headAt.name)
    return {
      traceId: id(field(headAt.traceId), 16),
      spanId: id(field(headAt.spanId), 8),
      root: isRoot(field(headAt.flags)),
      startUnixNano: start,
      durationNano: time(field(headAt.endTime)) - start,
      name: body.toString('utf8', name, name + field(headAt.nameBytes)),
      kind: kindOf(field(headAt.flags)),
      status: statusOf(field(headAt.flags)),
    }
  })
}
