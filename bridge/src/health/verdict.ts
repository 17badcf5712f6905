// What the bridge is doing to whether it is healthy, and if not, what is wrong: the body of /healthz. Pure.
import type { DeliveryState } from '../deliver/delivery.ts'

export type HealthFacts = { attached: boolean; delivery: DeliveryState }

export type Verdict = {
  status: 'ok' | 'failing'
  /** In words, the worst first; none where all is well. */
  problems: string[]
  attached: boolean
  delivering: boolean
  /** ISO time; null before the first. */
  lastDelivery: string | null
  queuedSpans: number
  /** null without a spool. */
  spool: { spans: number; bytes: number } | null
}

/** `nowMs` is Unix time, as the facts' times are. */
export function verdictOf({ attached, delivery }: HealthFacts, nowMs: number): Verdict {
  const { trouble, lastDeliveryMs } = delivery
  const problems: string[] = []
  if (!attached) problems.push('not attached: no events are seen')
  if (trouble) {
    const seconds = Math.max(0, Math.round((nowMs - trouble.sinceMs) / 1000))
    const what = trouble.kind === 'away' ? 'the receiver takes nothing' : 'the receiver refuses what it gets'
    problems.push(`${what}, for ${seconds} s and ${trouble.attempts} attempts: ${trouble.reason}`)
  }
  return {
    status: problems.length === 0 ? 'ok' : 'failing',
    problems,
    attached,
    delivering: trouble === undefined,
    lastDelivery: lastDeliveryMs === undefined ? null : new Date(lastDeliveryMs).toISOString(),
    queuedSpans: delivery.queuedSpans,
    spool: delivery.hasSpool ? { spans: delivery.spooledSpans, bytes: delivery.spooledBytes } : null,
  }
}
