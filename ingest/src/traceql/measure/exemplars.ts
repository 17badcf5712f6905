// Spans that stand for a series: spread over the range, the first ones that come in each part of it.
import type { Steps } from './steps.ts'
import type { Series } from '../../store/questions.ts'

type Exemplar = Series['exemplars'][number]

/** As in Tempo: so many in each part. */
const inPartMax = 2

export class Exemplars {
  readonly #max: number
  readonly #start: bigint
  readonly #partNano: bigint
  readonly #inPart = new Map<bigint, number>()
  readonly #found: Exemplar[] = []

  /** At most `max`. */
  constructor(steps: Steps, max: number) {
    this.#max = max
    const { start, end } = steps.range
    this.#start = start
    const parts = BigInt(Math.max(1, Math.floor(max / inPartMax)))
    this.#partNano = (end - start) / parts + 1n
  }

  /** `value` is NaN where only the series has one. */
  add(exemplar: Exemplar): void {
    if (this.#found.length >= this.#max) return
    const part = (exemplar.unixNano - this.#start) / this.#partNano
    const count = this.#inPart.get(part) ?? 0
    if (count >= inPartMax) return
    this.#inPart.set(part, count + 1)
    this.#found.push(exemplar)
  }

  /** By time. */
  get all(): Exemplar[] {
    return this.#found.toSorted((one, other) => (one.unixNano < other.unixNano ? -1 : 1))
  }
}

/** Those without a value get that of the series at their step. */
export function withValues(exemplars: Exemplar[], values: Float64Array, steps: Steps): Exemplar[] {
  return exemplars.map((exemplar) => {
    if (!Number.isNaN(exemplar.value)) return exemplar
    return { ...exemplar, value: values[steps.at(exemplar.unixNano)] ?? Number.NaN }
  })
}
