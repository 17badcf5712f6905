// A time range in steps, as Tempo cuts it: the range is widened to whole steps since 1970, a step has its end and not
// its start, and a sample's time is the end. A range of one step (end - start) is taken as it is, both ends included.
import { stepsMax } from '../limits.ts'

export type StepRange = { start: bigint; end: bigint; stepNano: bigint }

/** What is wrong with a range, as a sentence; undefined for nothing. */
export function rangeFault({ start, end, stepNano }: StepRange): string | undefined {
  if (end <= start) return `The end of the range (${end}) is not behind its start (${start}).`
  if (stepNano <= 0n) return `A step of ${stepNano} ns is none: give a longer one.`
  const count = (end - start) / stepNano
  if (count <= stepsMax) return undefined
  return `A range of ${count} steps is more than ${stepsMax}: take a longer step or a shorter range.`
}

export class Steps {
  readonly count: number
  readonly #start: bigint
  readonly #end: bigint
  readonly #step: bigint
  readonly #isOne: boolean

  /** Of a range without fault. */
  constructor({ start, end, stepNano }: StepRange) {
    this.#isOne = end - start === stepNano
    this.#step = stepNano
    this.#start = this.#isOne ? start : start - (start % stepNano)
    this.#end = this.#isOne ? end : end + ((stepNano - (end % stepNano)) % stepNano)
    this.count = Number((this.#end - this.#start) / stepNano)
  }

  /** The step's place, -1 outside of the range. */
  at(unixNano: bigint): number {
    if (this.#isOne) return unixNano >= this.#start && unixNano <= this.#end ? 0 : -1
    if (unixNano <= this.#start || unixNano > this.#end) return -1
    return Number((unixNano - this.#start - 1n) / this.#step)
  }

  endOf(step: number): bigint {
    return this.#start + BigInt(step + 1) * this.#step
  }

  /** Of the spans that count; the end exclusive. */
  get range(): { start: bigint; end: bigint } {
    return { start: this.#isOne ? this.#start : this.#start + 1n, end: this.#end + 1n }
  }
}
