// What the sessions and the delivery have counted, in one: the sums over all sessions.
import type { Delivery, DeliveryCounts } from './deliver/delivery.ts'
import type { MatcherCounts } from './match/matcher.ts'
import type { Pipeline, PipelineCounts } from './pipeline.ts'

/** Every number here is also a metric: health/metric-table.ts. */
export type BridgeReport = MatcherCounts &
  PipelineCounts &
  DeliveryCounts & {
    open: number
    held: number
    orphanedInKernel: number
    supersededInKernel: number
    unstoredInKernel: number
    late: number
    lost: number
    overlongLines: number
    bpftraceRestarts: number
    queuedSpans: number
    queuedBytes: number
    spooledSpans: number
    spooledBytes: number
    clockErrorSeconds: number
  }

/** A session, or a replay. */
export type ReportPart = { pipeline: Pipeline; overlongLines: number; restarts: number }

/** At least one part. */
export function reportOf(
  parts: readonly ReportPart[],
  { state, counts }: Pick<Delivery, 'state' | 'counts'>,
  clockErrorNs: bigint,
): BridgeReport {
  const { queuedSpans, queuedBytes, spooledSpans, spooledBytes } = state
  const of = (value: (part: ReportPart) => number): number =>
    parts.reduce((sum, part) => sum + value(part), 0)
  return {
    ...sums(parts.map(({ pipeline }) => pipeline.matcher.counts)),
    ...sums(parts.map(({ pipeline }) => pipeline.counts)),
    ...counts,
    open: of(({ pipeline }) => pipeline.matcher.openCount),
    held: of(({ pipeline }) => pipeline.matcher.heldCount),
    orphanedInKernel: of(({ pipeline }) => pipeline.kernel.orphaned),
    supersededInKernel: of(({ pipeline }) => pipeline.kernel.superseded),
    unstoredInKernel: of(({ pipeline }) => pipeline.kernel.unstored),
    late: of(({ pipeline }) => pipeline.reorder.late),
    lost: of(({ pipeline }) => pipeline.lost),
    overlongLines: of(({ overlongLines }) => overlongLines),
    bpftraceRestarts: of(({ restarts }) => restarts),
    queuedSpans,
    queuedBytes,
    spooledSpans,
    spooledBytes,
    clockErrorSeconds: Number(clockErrorNs) / 1e9,
  }
}

function sums<Key extends string>(all: readonly Readonly<Record<Key, number>>[]): Record<Key, number> {
  const [first, ...others] = all
  if (!first) throw new Error('a sum of nothing has no names')
  const sum: Record<Key, number> = { ...first }
  for (const each of others) for (const key in each) sum[key] += each[key]
  return sum
}
