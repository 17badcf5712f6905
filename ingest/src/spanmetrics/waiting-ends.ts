// Ends of edges that wait for the other end: a client's span for the server's that it caused, or the other way round. A
// bounded number of them, in the order in which they came, each for the same time.
import { FingerprintTable } from './fingerprints.ts'
import type { Fingerprint } from './fingerprints.ts'
import type { Peer } from './peer.ts'

export type End = {
  edge: Fingerprint
  /** A client's or producer's; else a server's or consumer's. */
  isClient: boolean
  service: string
  source: number
  startNano: number
  durationNano: number
  failed: boolean
  isMessaging: boolean
  /** What a client calls, as far as it says so. */
  peer: Peer | undefined
  /** Hex. Only a few are asked for. */
  traceId: () => string
  untilMs: number
}

export class WaitingEnds {
  readonly max: number
  readonly #table = new FingerprintTable()
  readonly #ends: (End | undefined)[] = []
  readonly #free: number[] = []
  /** Places in the order in which their waiting ends. */
  readonly #order = new Set<End>()

  constructor(max: number) {
    this.max = max
  }

  get size(): number {
    return this.#order.size
  }

  /** Ends of servers among them: without any there is nothing for a client to find. */
  servers = 0

  get isFull(): boolean {
    return this.#order.size >= this.max
  }

  get(edge: Fingerprint): End | undefined {
    const place = this.#table.get(edge)
    return place < 0 ? undefined : this.#ends[place]
  }

  /** Each edge once. */
  add(end: End): void {
    const place = this.#free.pop() ?? this.#ends.length
    this.#ends[place] = end
    this.#table.set(end.edge, place)
    this.#order.add(end)
    if (!end.isClient) this.servers++
  }

  delete(end: End): void {
    const place = this.#table.get(end.edge)
    if (place < 0) return
    this.#table.delete(end.edge)
    this.#ends[place] = undefined
    this.#free.push(place)
    this.#order.delete(end)
    if (!end.isClient) this.servers--
  }

  /** Takes out those that have waited long enough, the first first. */
  takeUntil(nowMs: number): End[] {
    const taken: End[] = []
    for (const end of this.#order) {
      if (end.untilMs > nowMs) break
      taken.push(end)
    }
    for (const end of taken) this.delete(end)
    return taken
  }

  all(): Iterable<End> {
    return this.#order
  }
}
