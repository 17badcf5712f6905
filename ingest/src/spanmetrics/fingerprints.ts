// Fingerprints of spans (a trace's id and a span's, 64 bits of both) and a table of them, open and flat: at hundreds of
// thousands of spans a second a Map of strings or bigints would cost more than all other counting. Two spans that share a
// fingerprint would be taken for one: among 100,000 of them one time in four billion.

export type Fingerprint = { high: number; low: number }

const [mixA, mixB, seedHigh, seedLow] = [0xcc9e2d51, 0x1b873593, 0x2545f491, 0x7f4a7c15]

/** Of the trace at `trace` and the span at `span`, which count ids of 16 and 8 bytes. Into `to`, which is given back. */
export function fingerprint(
  traceIds: Uint32Array,
  trace: number,
  spanIds: Uint32Array,
  span: number,
  to: Fingerprint,
): Fingerprint {
  let [high, low] = [seedHigh, seedLow]
  for (let at = trace * 4; at < trace * 4 + 4; at++) {
    high = mixed(high, traceIds[at] ?? 0)
    low = mixed(low, ~(traceIds[at] ?? 0))
  }
  for (let at = span * 2; at < span * 2 + 2; at++) {
    high = mixed(high, spanIds[at] ?? 0)
    low = mixed(low, ~(spanIds[at] ?? 0))
  }
  to.high = spread(high)
  to.low = (spread(low) | 1) >>> 0
  return to
}

function mixed(hash: number, word: number): number {
  let found = Math.imul(word, mixA)
  found = Math.imul((found << 15) | (found >>> 17), mixB) ^ hash
  return (Math.imul((found << 13) | (found >>> 19), 5) + 0x64) | 0
}

function spread(hash: number): number {
  let found = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  found = Math.imul(found ^ (found >>> 13), 0xc2b2ae35)
  return (found ^ (found >>> 16)) >>> 0
}

const slotsMin = 1_024

/** A number for each fingerprint. `low` is never zero, so that zero says that a slot is free. */
export class FingerprintTable {
  #keys = new Uint32Array(slotsMin * 2)
  #values = new Int32Array(slotsMin)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** -1: it is not there. */
  get({ high, low }: Fingerprint): number {
    const slot = this.#slot(high, low)
    return this.#keys[slot * 2 + 1] === 0 ? -1 : (this.#values[slot] ?? -1)
  }

  /** `value` is not negative. */
  set({ high, low }: Fingerprint, value: number): void {
    if (this.#size * 2 >= this.#values.length) this.#grow()
    const slot = this.#slot(high, low)
    if (this.#keys[slot * 2 + 1] === 0) this.#size++
    this.#put(slot, high, low, value)
  }

  delete({ high, low }: Fingerprint): void {
    let free = this.#slot(high, low)
    if (this.#keys[free * 2 + 1] === 0) return
    this.#size--
    const mask = this.#values.length - 1
    // What came after it may stand here only because this slot was taken: it moves up.
    for (let next = (free + 1) & mask; this.#keys[next * 2 + 1] !== 0; next = (next + 1) & mask) {
      const [nextHigh = 0, nextLow = 0] = [this.#keys[next * 2], this.#keys[next * 2 + 1]]
      const home = nextHigh & mask
      if (((next - home) & mask) < ((next - free) & mask)) continue
      this.#put(free, nextHigh, nextLow, this.#values[next] ?? 0)
      free = next
    }
    this.#put(free, 0, 0, 0)
  }

  /** It keeps its room: it will be as full again. */
  clear(): void {
    this.#keys.fill(0)
    this.#size = 0
  }

  /** High and low of each. */
  keys(): Uint32Array<ArrayBuffer> {
    const keys = new Uint32Array(this.#size * 2)
    let at = 0
    for (let slot = 0; slot < this.#values.length; slot++) {
      if (this.#keys[slot * 2 + 1] === 0) continue
      keys[at++] = this.#keys[slot * 2] ?? 0
      keys[at++] = this.#keys[slot * 2 + 1] ?? 0
    }
    return keys
  }

  #slot(high: number, low: number): number {
    const mask = this.#values.length - 1
    let slot = high & mask
    for (;;) {
      const found = this.#keys[slot * 2 + 1]
      if (found === 0 || (found === low && this.#keys[slot * 2] === high)) return slot
      slot = (slot + 1) & mask
    }
  }

  #put(slot: number, high: number, low: number, value: number): void {
    this.#keys[slot * 2] = high
    this.#keys[slot * 2 + 1] = low
    this.#values[slot] = value
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values]
    this.#keys = new Uint32Array(keys.length * 2)
    this.#values = new Int32Array(values.length * 2)
    for (let slot = 0; slot < values.length; slot++) {
      const [high = 0, low = 0] = [keys[slot * 2], keys[slot * 2 + 1]]
      if (low !== 0) this.#put(this.#slot(high, low), high, low, values[slot] ?? 0)
    }
  }
}
