// Remembers values by a number, up to a total size; what was used longest ago goes first.

export class Recent<Value> {
  readonly #values = new Map<number, Value>()
  readonly #sizeMax: number
  readonly #sizeOf: (value: Value) => number
  #size = 0

  constructor(sizeMax: number, sizeOf: (value: Value) => number) {
    this.#sizeMax = sizeMax
    this.#sizeOf = sizeOf
  }

  get(key: number, make: () => Value): Value {
    const known = this.#values.get(key)
    const value = known ?? make()
    this.#values.delete(key)
    this.#values.set(key, value)
    if (known === undefined) this.#size += this.#sizeOf(value)
    for (const [oldestKey, oldest] of this.#values) {
      if (this.#size <= this.#sizeMax || oldestKey === key) break
      this.#values.delete(oldestKey)
      this.#size -= this.#sizeOf(oldest)
    }
    return value
  }
}
