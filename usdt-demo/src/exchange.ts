// One request from its arrival to its end: fires its probes, simulates its database and payments by timers, and gives
// its log line. Exactly one end for each start; no operation begins after the end or lasts beyond it; at most one
// operation of a request runs at a time. Times are Unix nanoseconds of the given clock.
import { strict as assert } from 'node:assert'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Probes } from './addon.ts'
import type { Fate } from './fate.ts'
import type { LogLine } from './request-log.ts'

/** The client went away before it had its answer (nginx's number for it; HTTP has none). */
export const statusClientGone = 499
const rowsOfFailure = -1n

export class QueryFailure extends Error {
  override readonly name = 'QueryFailure'
}

export interface ExchangeParts {
  id: string
  method: string
  route: string
  traceparent: string | undefined
  fate: Fate
  probes: Probes
  clock: () => bigint
  log: (line: LogLine) => void
}

export class Exchange {
  readonly #parts: ExchangeParts
  readonly #startNs: bigint
  readonly #gone = new AbortController()
  #queries = 0
  #operation: Promise<unknown> | undefined
  #ended = false

  /** The request has arrived. */
  constructor(parts: ExchangeParts) {
    this.#parts = parts
    this.#startNs = parts.clock()
    parts.probes.requestStart(parts.id, this.#startNs, parts.traceparent ?? '', parts.method)
  }

  /** Takes as long as fate says; then gives back the rows, or throws a QueryFailure. */
  query<T>(statement: string, rows: readonly T[]): Promise<readonly T[]> {
    const { id, probes, clock, fate } = this.#parts
    this.#queries += 1
    const first = this.#queries === 1
    return this.#run(async () => {
      const startNs = clock()
      let rowCount = rowsOfFailure
      probes.queryStart(id, startNs, statement)
      try {
        await this.#pause(first ? fate.firstQueryDelayMs : fate.laterQueryDelayMs)
        if (first && fate.queryFails) throw new QueryFailure(`query failed: ${statement}`)
        rowCount = BigInt(rows.length)
        return rows
      } finally {
        probes.queryEnd(id, startNs, clock() - startNs, rowCount)
      }
    })
  }

  /** Takes as long as fate says; then tells whether the payment was approved. */
  pay(provider: string, amountCents: number): Promise<boolean> {
    const { id, probes, clock, fate } = this.#parts
    return this.#run(async () => {
      const startNs = clock()
      let approved = false
      probes.paymentStart(id, startNs, provider, BigInt(amountCents))
      try {
        await this.#pause(fate.paymentDelayMs)
        approved = !fate.paymentDeclined
        return approved
      } finally {
        probes.paymentEnd(id, startNs, clock() - startNs, approved)
      }
    })
  }

  /** The response is finished. Without effect if the client was gone before. */
  finish(status: number): void {
    if (this.#ended) return
    this.#end(status)
  }

  /** The connection is closed. Without effect after `finish`; else ends the running operation, then the request. */
  async clientGone(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    this.#gone.abort()
    await this.#operation?.catch(() => undefined)
    this.#end(statusClientGone)
  }

  #end(status: number): void {
    this.#ended = true
    const { id, method, route, traceparent, probes, clock, log } = this.#parts
    const durationNs = clock() - this.#startNs
    probes.requestEnd(id, this.#startNs, durationNs, status, route)
    log({
      id,
      method,
      route,
      status,
      startUnixNano: String(this.#startNs),
      durationNano: String(durationNs),
      ...(traceparent === undefined ? {} : { traceparent }),
    })
  }

  async #run<T>(operation: () => Promise<T>): Promise<T> {
    this.#gone.signal.throwIfAborted()
    assert(!this.#ended, `${this.#parts.id}: an operation after the request's end`)
    assert(this.#operation === undefined, `${this.#parts.id}: two operations at a time`)
    const running = operation()
    this.#operation = running
    try {
      return await running
    } finally {
      this.#operation = undefined
    }
  }

  async #pause(delayMs: number): Promise<void> {
    await sleep(delayMs, undefined, { signal: this.#gone.signal })
  }
}
