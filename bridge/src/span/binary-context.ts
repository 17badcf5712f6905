// A span's context whose ids are numbers of 32 bits: as bytes every id is sent, as text hardly one is read, and making
// hexadecimal digits only to turn them into bytes again took a sixth of the bridge's time.
import { randomFillSync } from 'node:crypto'
import type { SpanContext } from '@opentelemetry/api'

/** The next 32 random bits, as a signed integer. */
export type WordSource = () => number

/** A trace's id, the highest word first. */
export type TraceWords = {
  readonly t0: number
  readonly t1: number
  readonly t2: number
  readonly t3: number
}

/** The words are fields of their own: one is made for every span that is open. */
export class BinaryContext implements SpanContext, TraceWords {
  readonly t0: number
  readonly t1: number
  readonly t2: number
  readonly t3: number
  readonly spanHigh: number
  readonly spanLow: number
  readonly traceFlags: number

  constructor({ t0, t1, t2, t3 }: TraceWords, spanHigh: number, spanLow: number, traceFlags: number) {
    this.t0 = t0
    this.t1 = t1
    this.t2 = t2
    this.t3 = t3
    this.spanHigh = spanHigh
    this.spanLow = spanLow
    this.traceFlags = traceFlags
  }

  get traceId(): string {
    return hexOf(this.t0) + hexOf(this.t1) + hexOf(this.t2) + hexOf(this.t3)
  }

  get spanId(): string {
    return hexOf(this.spanHigh) + hexOf(this.spanLow)
  }

  /** The same span in the trace of another. */
  inTraceOf(other: SpanContext): BinaryContext {
    return new BinaryContext(traceOf(other), this.spanHigh, this.spanLow, other.traceFlags)
  }
}

/** A new span in this trace. */
export function spanIn(trace: TraceWords, traceFlags: number, words: WordSource): BinaryContext {
  for (;;) {
    const high = words()
    const low = words()
    // All zero is no id.
    if (high !== 0 || low !== 0) return new BinaryContext(trace, high, low, traceFlags)
  }
}

export function newTrace(words: WordSource): TraceWords {
  for (;;) {
    const trace = { t0: words(), t1: words(), t2: words(), t3: words() }
    if (trace.t0 !== 0 || trace.t1 !== 0 || trace.t2 !== 0 || trace.t3 !== 0) return trace
  }
}

export function traceOf(context: SpanContext): TraceWords {
  return context instanceof BinaryContext ? context : traceOfHex(context.traceId)
}

/** 32 hexadecimal digits. */
export function traceOfHex(digits: string): TraceWords {
  const word = (at: number): number => Number.parseInt(digits.slice(at, at + 8), 16) | 0
  return { t0: word(0), t1: word(8), t2: word(16), t3: word(24) }
}

/** Random bits from the system, a few thousand at a time. */
export function randomWords(): WordSource {
  const pool = new Int32Array(8192)
  let at = pool.length
  return () => {
    if (at === pool.length) {
      randomFillSync(pool)
      at = 0
    }
    return pool[at++] ?? 0
  }
}

const hexOf = (word: number): string => (word >>> 0).toString(16).padStart(8, '0')
