// What is kept by definition, process and key. Nested maps instead of one with joined keys: joining makes and hashes a
// string for every event, and definitions and processes are few. The map of the last definition and process is at hand:
// events come in runs of one.

export class SlotMap<Value> {
  private readonly spans = new Map<string, Map<number, Map<string, Value>>>()
  private last: { spanId: string; pid: number; keys: Map<string, Value> } | undefined

  get(spanId: string, pid: number, key: string): Value | undefined {
    return this.keysOf(spanId, pid)?.get(key)
  }

  set(spanId: string, pid: number, key: string, value: Value): void {
    let keys = this.keysOf(spanId, pid)
    if (!keys) {
      keys = new Map()
      const pids = this.spans.get(spanId)
      if (pids) pids.set(pid, keys)
      else this.spans.set(spanId, new Map([[pid, keys]]))
      this.putAtHand(spanId, pid, keys)
    }
    keys.set(key, value)
  }

  delete(spanId: string, pid: number, key: string): void {
    this.keysOf(spanId, pid)?.delete(key)
  }

  pids(): ReadonlySet<number> {
    const pids = new Set<number>()
    for (const ofSpan of this.spans.values()) {
      for (const [pid, keys] of ofSpan) if (keys.size > 0) pids.add(pid)
    }
    return pids
  }

  private keysOf(spanId: string, pid: number): Map<string, Value> | undefined {
    const { last } = this
    if (last && last.spanId === spanId && last.pid === pid) return last.keys
    const keys = this.spans.get(spanId)?.get(pid)
    if (keys) this.putAtHand(spanId, pid, keys)
    return keys
  }

  /** Processes come and go: the map that was at hand before goes if it is empty. */
  private putAtHand(spanId: string, pid: number, keys: Map<string, Value>): void {
    const before = this.last
    if (before?.keys.size === 0) this.spans.get(before.spanId)?.delete(before.pid)
    this.last = { spanId, pid, keys }
  }
}
