// One decoded request to what the store takes: scanned, tagged, without the spans that break a rule or that its
// sender's key may not send. Pure.
// Throws UndecodableBody, TooManyParts.
import type { Grant } from '../access/key.ts'
import { selectSpans } from '../otlp/regroup.ts'
import { scanBody, spanRules } from '../otlp/scan.ts'
import type { ScannedBody, SpanRule } from '../otlp/scan.ts'
import type { Batch } from '../store/store.ts'
import { noEndpoint } from '../tag/endpoint.ts'
import type { SentBy } from '../tag/endpoint.ts'
import { taggedBatch } from '../tag/tagged-batch.ts'
import type { SourceRule } from '../tag/trace-source.ts'
import { withinNamespace } from './namespace-binding.ts'

export type Intake = { batch: Batch; sentBy: SentBy[]; rejectedSpans: number; rejection: string }

export type Tagging = {
  /** Say who sent a span before the standard rules do. */
  ownRules: readonly SourceRule[]
  /** What the sender's key is bound to. */
  binding: Pick<Grant, 'source' | 'namespace'>
}

const noTagging: Tagging = { ownRules: [], binding: { source: undefined, namespace: undefined } }

export function intakeOf(sent: Buffer, { ownRules, binding }: Tagging = noTagging): Intake {
  const { namespace } = binding
  const within = namespace === undefined ? { body: sent, refusedSpans: 0 } : withinNamespace(sent, namespace)
  const scanned = scanBody(within.body)
  const { rejected } = scanned
  // Nothing rejected: the sender's bytes, as they came.
  const body =
    rejected.size === 0 ? within.body : selectSpans(within.body, (ordinal) => !rejected.has(ordinal))
  const kept = rejected.size === 0 ? scanned : scanBody(body)
  const batch = taggedBatch(body, kept, ownRules, binding.source)
  const reasons = rejectionReasons(rejected)
  if (within.refusedSpans > 0) {
    reasons.push(
      `${within.refusedSpans} spans rejected: this key may send only service.namespace "${namespace}"`,
    )
  }
  return {
    batch,
    sentBy: sendersOf(batch, kept),
    rejectedSpans: rejected.size + within.refusedSpans,
    rejection: reasons.join('; '),
  }
}

/** Groups that follow each other mostly have the same: then they are one. */
function sendersOf(batch: Batch, { groups }: ScannedBody): SentBy[] {
  const senders: SentBy[] = []
  for (const [index, { source, spanCount }] of batch.groups.entries()) {
    const endpoint = groups[index]?.attributes.get('service.namespace') ?? noEndpoint
    const last = senders.at(-1)
    if (last?.endpoint === endpoint && last.source === source) last.spanCount += spanCount
    else senders.push({ endpoint, source, spanCount })
  }
  return senders
}

function rejectionReasons(rejected: Map<number, SpanRule>): string[] {
  const counts = new Map<SpanRule, number>()
  for (const rule of rejected.values()) counts.set(rule, (counts.get(rule) ?? 0) + 1)
  return [...counts].map(([rule, count]) => `${count} spans rejected: ${spanRules[rule]}`)
}
