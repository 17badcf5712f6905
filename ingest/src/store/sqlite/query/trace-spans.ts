// All spans of one trace over all blocks, each span id once (as it came first), and the same as TraceQL's view. In: a trace
// id and the store as of a block; out: spans by place, the earliest start first. Bounded by `traceSpansMax`.
import type { Field, Static } from '../../../traceql/ast.ts'
import type { TraceView } from '../../../traceql/trace-view.ts'
import { isRoot, statusOf } from '../../../otlp/span-heads.ts'
import type { ServiceStats } from '../../questions.ts'
import { summarize } from '../../summary.ts'
import type { TraceSummary } from '../../../wire.ts'
import { factsOf, spansOfTrace } from '../block-reader.ts'
import type { SpanValues } from './span-values.ts'

const errorStatus = 2

export type PlacedSpan = { block: SpanValues; at: number }

export type BlockOfTrace = { block: SpanValues; visible: number }

/** In the order in which they came. Undefined where they are more than `spansMax`. */
export function spansOf(
  traceId: string,
  blocks: Iterable<BlockOfTrace>,
  spansMax: number,
): PlacedSpan[] | undefined {
  const seen = new Set<bigint>()
  const spans: PlacedSpan[] = []
  for (const { block, visible } of blocks) {
    for (const at of spansOfTrace(block.columns, traceId)) {
      const id = block.spanId(at)
      if (at >= visible || seen.has(id)) continue
      seen.add(id)
      spans.push({ block, at })
    }
    if (spans.length > spansMax) return undefined
  }
  return spans
}

export function summaryOf(
  traceId: string,
  spans: readonly PlacedSpan[],
): { summary: TraceSummary; serviceStats: ServiceStats[] } | undefined {
  const stats = new Map<string, ServiceStats>()
  const facts = spans.map(({ block, at }) => factsOf(block.columns, at))
  for (const { service, error } of facts) {
    const known = stats.get(service) ?? { service, spanCount: 0, errorCount: 0 }
    known.spanCount++
    if (error) known.errorCount++
    stats.set(service, known)
  }
  const summary = summarize(traceId, facts)
  const serviceStats = [...stats.values()].sort((a, b) => (a.service < b.service ? -1 : 1))
  return summary && { summary, serviceStats }
}

/** Sorts the spans. */
export function viewOf(spans: PlacedSpan[]): TraceView {
  spans.sort(earliestFirst)
  const places = new Map(spans.map(({ block, at }, place) => [block.spanId(at), place]))
  const spanAt = (place: number): PlacedSpan => {
    const span = spans[place]
    if (span === undefined) throw new Error(`a trace of ${spans.length} spans was asked for its ${place}-th`)
    return span
  }
  return {
    spanCount: spans.length,
    parent(place) {
      const { block, at } = spanAt(place)
      const id = isRoot(block.columns.flags[at] ?? 0) ? undefined : block.parentId(at)
      const parent = id === undefined ? -1 : (places.get(id) ?? -1)
      return parent === place ? -1 : parent
    },
    startUnixNano(place) {
      const { block, at } = spanAt(place)
      return block.columns.start[at] ?? 0n
    },
    values(place: number, field: Field): readonly Static[] {
      const { block, at } = spanAt(place)
      return block.values(at, field)
    },
  }
}

function earliestFirst(a: PlacedSpan, b: PlacedSpan): number {
  const [one, two] = [a.block.columns.start[a.at] ?? 0n, b.block.columns.start[b.at] ?? 0n]
  if (one !== two) return one < two ? -1 : 1
  return hexLess(a.block.spanId(a.at), b.block.spanId(b.at)) ? -1 : 1
}

const hexLess = (a: bigint, b: bigint): boolean => swapped(a) < swapped(b)

/** Columns hold ids with their first byte lowest. */
function swapped(id: bigint): bigint {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64LE(id)
  return bytes.readBigUInt64BE()
}

export const isError = (flags: number): boolean => statusOf(flags) === errorStatus
