// What answering a question takes, counted, and whether it may take more. In: a budget; out: what was looked at, and the
// words for an answer that is not whole. Asked for block by block: one more block takes a few milliseconds.
import type { Budget, Inspected } from '../../questions.ts'

/** What reading a block costs by itself, in spans: bounds a question that goes through very many small blocks. */
const blockSpansMin = 100

export class Spending {
  readonly #budget: Budget
  readonly #untilMs: number
  readonly #started = performance.now()
  readonly inspected: Inspected
  #charged = 0
  #reason: string | undefined
  #leftOut: string | undefined

  constructor(budget: Budget, blocksTotal: number) {
    this.#budget = budget
    this.#untilMs = this.#started + budget.ms
    this.inspected = { blocks: 0, blocksTotal, spans: 0, bytes: 0, traces: 0 }
  }

  /** A block's columns are looked at. */
  block(spans: number, bytes: number): void {
    this.inspected.blocks++
    this.inspected.spans += spans
    this.inspected.bytes += bytes
    this.#charged += Math.max(spans, blockSpansMin)
  }

  trace(spans: number): void {
    this.inspected.traces++
    this.#charged += spans
  }

  /** Whether it is time to stop; what was not looked at is then missing in the answer. */
  isSpent(): boolean {
    const { ms, spans, givenUp } = this.#budget
    if (this.#reason !== undefined) return true
    if (this.#charged >= spans)
      this.#reason = `it has gone through ${this.#charged} spans, and may go through ${spans}`
    else if (performance.now() >= this.#untilMs) this.#reason = `it may take ${ms} ms`
    else if (givenUp !== undefined && Atomics.load(givenUp, 0) !== 0)
      this.#reason = 'nobody waits for it any more'
    return this.#reason !== undefined
  }

  /** Something is missing for another reason than the budget; the rest goes on. */
  leaveOut(reason: string): void {
    this.#leftOut ??= reason
  }

  /** `beyond`: what was not looked at, as in "traces that started before … may be missing". */
  cutShort(beyond: string): string | undefined {
    const { blocks, blocksTotal } = this.inspected
    const lookedAt = `${blocks} of ${blocksTotal} blocks were looked at`
    if (this.#reason !== undefined) {
      const advice = 'Ask for a shorter time range (start, end), or with more or rarer conditions.'
      return `The answer is not whole: ${this.#reason}. ${lookedAt}; ${beyond}. ${advice}`
    }
    return this.#leftOut && `The answer is not whole: ${this.#leftOut}.`
  }
}
