// How attempts end, to lines for the user: the first failure at once, then one in `quietMs` with how many there were
// meanwhile, and the first success after it. Pure: time comes in as an argument, milliseconds.
import type { Outcome } from './transport.ts'

const quietMs = 30_000

export type Words = { level: 'info' | 'warn'; text: string }

export class OutcomeWords {
  private readonly url: string
  private readonly keeping: string
  /** When it was last told, and how many were not told since, by kind. */
  private readonly told = new Map<string, { atMs: number; untold: number }>()
  private awaySinceMs: number | undefined

  /** `keeping` says where spans wait: "on disk", "in memory". */
  constructor(url: string, keeping: string) {
    this.url = url
    this.keeping = keeping
  }

  /** What to say of this attempt, if anything. */
  of(outcome: Outcome, spanCount: number, nowMs: number): Words | undefined {
    if (outcome.kind === 'away') {
      this.awaySinceMs ??= nowMs
      return this.warning('away', nowMs, (more) =>
        this.failed(outcome.reason, more, `kept and tried again (${this.keeping})`),
      )
    }
    const awaySinceMs = this.awaySinceMs
    this.awaySinceMs = undefined
    if (outcome.kind === 'refused') {
      return this.warning('refused', nowMs, (more) => this.failed(outcome.reason, more, dropHint))
    }
    if (outcome.rejectedSpans > 0) {
      const what = `${this.url} rejected ${outcome.rejectedSpans} of ${spanCount} spans`
      return this.warning(
        'partial',
        nowMs,
        (more) => `${what} (${outcome.remark || 'without a reason'})${more}`,
      )
    }
    if (awaySinceMs === undefined) return undefined
    this.told.delete('away')
    const seconds = ((nowMs - awaySinceMs) / 1000).toFixed(1)
    return { level: 'info', text: `delivering again to ${this.url}, after ${seconds} s` }
  }

  private failed(reason: string, more: string, what: string): string {
    return `could not deliver to ${this.url} (${reason})${more}: ${what}`
  }

  private warning(kind: string, nowMs: number, text: (more: string) => string): Words | undefined {
    const told = this.told.get(kind)
    if (told && nowMs - told.atMs < quietMs) {
      told.untold += 1
      return undefined
    }
    this.told.set(kind, { atMs: nowMs, untold: 0 })
    return {
      level: 'warn',
      text: text(told && told.untold > 0 ? `, and ${told.untold} times more before` : ''),
    }
  }
}

const dropHint =
  'these spans are dropped. A 401 means that the API key is missing: OTEL_EXPORTER_OTLP_HEADERS=X-API-Key=…'
