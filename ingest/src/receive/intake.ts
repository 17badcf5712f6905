// One decoded request to what the store takes: scanned, tagged, without the spans that break a rule. Pure.
// Throws UndecodableBody, TooManyParts.
import { selectSpans } from '../otlp/regroup.ts'
import { scanBody, spanRules } from '../otlp/scan.ts'
import type { SpanRule } from '../otlp/scan.ts'
import type { Batch } from '../store/store.ts'
import { traceSourceOf, unknownService } from '../tag/trace-source.ts'
import type { SourceRule } from '../tag/trace-source.ts'

export type Intake = { batch: Batch; rejectedSpans: number; rejection: string }

/** `ownRules` say who sent a span before the standard ones do. */
export function intakeOf(body: Buffer, ownRules: readonly SourceRule[] = []): Intake {
  const { groups, spanCount, rejected } = scanBody(body)
  return {
    batch: {
      // Nothing rejected: the sender's bytes, as they came.
      body: rejected.size === 0 ? body : selectSpans(body, (ordinal) => !rejected.has(ordinal)),
      groups: groups.map(({ sender, spans }) => ({
        source: traceSourceOf(sender, ownRules),
        service: sender.attributes.get('service.name') ?? unknownService,
        spans,
      })),
      spanCount,
    },
    rejectedSpans: rejected.size,
    rejection: rejectionText(rejected),
  }
}

function rejectionText(rejected: Map<number, SpanRule>): string {
  const counts = new Map<SpanRule, number>()
  for (const rule of rejected.values()) counts.set(rule, (counts.get(rule) ?? 0) + 1)
  return [...counts].map(([rule, count]) => `${count} spans rejected: ${spanRules[rule]}`).join('; ')
}
