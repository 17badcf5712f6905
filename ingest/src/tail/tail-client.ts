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
  /** Whether its key still counts. */
  mayRead: () => boolean
  counters: Pick<Counters, 'tailSpans' | 'tailSpansSkipped' | 'tailsCutOff'>
  /** Milliseconds of one clock. */
  nowMs?: () => number
}

/** For a reader that does not read. */
export const stuckMs = 30_000
/** For the last event to be read, before the connection is broken off. */
const lastWordMs: Readonly<Record<TailEnd['reason'], number>> = { stopped: 1_000, key: 1_000, slow: 10_000 }
const reconnectMs = 2_000

export class TailClient {
  readonly condition: Expression | undefined
  /** Clients of one key, at one block, are asked for together. */
  readonly key: string
  readonly #stream: Writable
  readonly #bucket: RateBucket
  readonly #counters: TailClientParts['counters']
  readonly #mayRead: () => boolean
  readonly #nowMs: () => number
  #place: TailPlace
  /** The place that the reader knows. */
  #told: TailPlace
  #skipped = 0
  #readMs: number
  #isEnded = false

  constructor(parts: TailClientParts) {
    const { stream, condition, place, spansPerS, mayRead, counters, nowMs = () => performance.now() } = parts
    this.condition = condition
    this.key = keyOf(condition)
    this.#stream = stream
    this.#nowMs = nowMs
    this.#readMs = nowMs()
    this.#bucket = createRateBucket(spansPerS, nowMs())
    this.#mayRead = mayRead
    this.#counters = counters
    this.#place = place
    this.#told = place
    stream.on('drain', () => (this.#readMs = this.#nowMs()))
    stream.write(retryText(reconnectMs) + placeText(placeId(place)))
  }

  get place(): TailPlace {
    return this.#place
  }

  get isEnded(): boolean {
    return this.#isEnded || this.#stream.destroyed
  }

  /** Spans of the next answer that it can be told. */
  get allowance(): number {
    return this.#isFull ? 0 : this.#bucket.available(this.#nowMs())
  }

  /** What was found behind its place, up to and with `block`. */
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
    this.#bucket.take(told, this.#nowMs())
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
    if (!this.#mayRead()) this.end('key')
    else if (this.#isFull && this.#nowMs() - this.#readMs > stuckMs) {
      this.#counters.tailsCutOff++
      this.end('slow')
    } else if (!this.#isFull) this.#write(this.#placeText() || heartbeat)
  }

  end(reason: TailEnd['reason']): void {
    if (this.isEnded) return
    this.#isEnded = true
    this.#stream.end(eventText('end', { reason }))
    const timer = setTimeout(() => this.#stream.destroy(), lastWordMs[reason])
    this.#stream.once('close', () => clearTimeout(timer))
  }

  get #isFull(): boolean {
    return this.#stream.writableLength > tailBufferBytesMax
  }

  #placeText(): string {
    if (this.#told === this.#place) return ''
    this.#told = this.#place
    return placeText(placeId(this.#place))
  }

  #write(text: string): void {
    if (this.#stream.writableLength === 0) this.#readMs = this.#nowMs()
    this.#stream.write(text)
  }
}

function keyOf(condition: Expression | undefined): string {
  const text = JSON.stringify(condition, (_name, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
  return text ?? ''
}
