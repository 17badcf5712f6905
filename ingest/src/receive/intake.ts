// One decoded request to what the store takes: scanned, tagged, without the spans that break a rule. Pure.
// Throws UndecodableBody, TooManyParts.
import { selectSpans } from '../otlp/regroup.ts'
import { scanBody, spanRules } from '../otlp/scan.ts'
import type { SpanRule } from '../otlp/scan.ts'
import type { Batch } from '../store/store.ts'
import { taggedBatch } from '../tag/tagged-batch.ts'

export type Intake = { batch: Batch; rejectedSpans: number; rejection: string }

export function intakeOf(body: Buffer): Intake {
  const scanned = scanBody(body)
  const { rejected } = scanned
  return {
    // Nothing rejected: the sender's bytes, as they came.
    batch: rejected.size === 0 ? taggedBatch(body, scanned) : batchWithout(body, rejected),
    rejectedSpans: rejected.size,
    rejection: rejectionText(rejected),
  }
}

function batchWithout(body: Buffer, rejected: ReadonlyMap<number, SpanRule>): Batch {
  const kept = selectSpans(body, (ordinal) => !rejected.has(ordinal))
  return taggedBatch(kept, scanBody(kept))
}

function rejectionText(rejected: Map<number, SpanRule>): string {
  const counts = new Map<SpanRule, number>()
  for (const rule of rejected.values()) counts.set(rule, (counts.get(rule) ?? 0) + 1)
  return [...counts].map(([rule, count]) => `${count} spans rejected: ${spanRules[rule]}`).join('; ')
}
