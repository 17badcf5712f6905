// One reader of a live tail: writes events to its connection, at most `spansPerS`, and holds little for it: while it does
// not read, spans are skipped and counted, and after `stuckMs` it is cut off with a last event that says why. In: what
// the store found behind its place; out: server-sent events.
import type { Writable } from 'node:stream'
import { createRateBucket } from '../access/rate-bucket.ts'
import type { RateBucket } from '../access/rate-bucket.ts'
import type { Counters } from '../counters.ts'
import { tailBufferBytesMax } from '../limits.ts'
import type { TailFound } from '../store/questions.ts'
import type { Expression } from '../traceql/ast.ts'
import type { TailEnd } from '../wire.ts'
import { shownTailSpan } from './shown-tail-span.ts'
import { eventText, heartbeat, placeText, retryText } from './sse.ts'
import { placeId } from './tail-place.ts'
import type { TailPlace } from './tail-place.ts'

export type TailClientParts = {
  /** Its connection. */
  stream: Writable
  condition: Expression | undefined
  place: TailPlace
  spansPerS: number
  counters: Pick<Counters, 'tailSpans' | 'tailSpansSkipped' | 'tailsCutOff'>
}

/** For a reader that does not read. */
export const stuckMs = 30_000
/** After the last event, for a reader that does not close. */
const lastWordMs = 1_000
const reconnectMs = 2_000

export class TailClient {
  readonly condition: Expression | undefined
  /** Clients of one key, at one block, are asked for together. */
  readonly key: string
  readonly #stream: Writable
  readonly #bucket: RateBucket
  readonly #counters: TailClientParts['counters']
  #place: TailPlace
  /** The place that the reader knows. */
  #toldId: string
  #skipped = 0
  #readMs = performance.now()
  #isEnded = false

  constructor({ stream, condition, place, spansPerS, counters }: TailClientParts) {
    this.condition = condition
    this.key = JSON.stringify(condition, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)) ?? ''
    this.#stream = stream
    this.#bucket = createRateBucket(spansPerS, performance.now())
    this.#counters = counters
    this.#place = place
    this.#toldId = placeId(place)
    stream.on('drain', () => (this.#readMs = performance.now()))
    stream.write(retryText(reconnectMs) + placeText(this.#toldId))
  }

  get place(): TailPlace {
    return this.#place
  }

  get isEnded(): boolean {
    return this.#isEnded || this.#stream.destroyed
  }

  /** Spans of the next answer that it can be told. */
  get allowance(): number {
    return this.#isFull ? 0 : this.#bucket.available(performance.now())
  }

  /** What was found behind its place. */
  take({ block, spans, skipped }: TailFound): void {
    if (this.isEnded) return
    const { block: before, done } = this.#place
    const max = this.allowance
    let text = ''
    let told = 0
    for (const span of spans.slice(done)) {
      if (told >= max || text.length > tailBufferBytesMax) break
      told++
      text += eventText('span', shownTailSpan(span), placeId({ block: before, done: done + told }))
    }
    this.#bucket.take(told, performance.now())
    this.#counters.tailSpans += told
    const left = Math.max(0, spans.length - done) - told + skipped
    this.#skipped += left
    this.#counters.tailSpansSkipped += left
    this.#place = { block, done: 0 }
    // While it does not read, it is told later.
    if (this.#skipped > 0 && !this.#isFull) {
      text += eventText('skipped', { spans: this.#skipped })
      this.#skipped = 0
    }
    if (text !== '') this.#write(text + this.#placeText())
  }

  /** Now and then: the place, so that a later connection need not look through what is known. */
  beat(): void {
    if (this.isEnded) return
    if (this.#isFull && performance.now() - this.#readMs > stuckMs) {
      this.#counters.tailsCutOff++
      this.end('slow')
    } else if (!this.#isFull) this.#write(this.#placeText() || heartbeat)
  }

  end(reason: TailEnd['reason']): void {
    if (this.isEnded) return
    this.#isEnded = true
    this.#stream.end(eventText('end', { reason }))
    const timer = setTimeout(() => this.#stream.destroy(), lastWordMs)
    this.#stream.once('close', () => clearTimeout(timer))
  }

  get #isFull(): boolean {
    return this.#stream.writableLength > tailBufferBytesMax
  }

  #placeText(): string {
    const id = placeId(this.#place)
    if (id === this.#toldId) return ''
    this.#toldId = id
    return placeText(id)
  }

  #write(text: string): void {
    if (this.#stream.writableLength === 0) this.#readMs = performance.now()
    this.#stream.write(text)
  }
}
