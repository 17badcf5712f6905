// What is kept by definition, process and key. Nested maps instead of one with joined keys: joining makes and hashes a
// string for every event, and definitions and processes are few.

export class SlotMap<Value> {
  private readonly spans = new Map<string, Map<number, Map<string, Value>>>()

  get(spanId: string, pid: number, key: string): Value | undefined {
    return this.spans.get(spanId)?.get(pid)?.get(key)
  }

  set(spanId: string, pid: number, key: string, value: Value): void {
    let pids = this.spans.get(spanId)
    if (!pids) this.spans.set(spanId, (pids = new Map<number, Map<string, Value>>()))
    let keys = pids.get(pid)
    if (!keys) pids.set(pid, (keys = new Map<string, Value>()))
    keys.set(key, value)
  }

  pids(): ReadonlySet<number> {
    return new Set([...this.spans.values()].flatMap((pids) => [...pids.keys()]))
  }

  /** Processes come and go: an empty one's map goes with it. */
  delete(spanId: string, pid: number, key: string): void {
    const pids = this.spans.get(spanId)
    const keys = pids?.get(pid)
    keys?.delete(key)
    if (keys?.size === 0) pids?.delete(pid)
  }
}
