// Events as they arrive to events in the order in which they happened. Up to bpftrace 0.18 every CPU has a
// buffer of its own, so events of two CPUs arrive out of order (109 ms late was seen); each event is therefore
// held until the newest event time is `windowNs` past it. Event time runs on by the caller's monotonic clock
// while nothing arrives, so a quiet stream is released too. Pure: time comes in as an argument.
import type { ProbeEvent } from '../event/event.ts'
import { MinHeap } from './heap.ts'

export class ReorderBuffer {
  /** Events that came after a later event had already been released. They are passed on at once. */
  late = 0
  private readonly heap = new MinHeap<ProbeEvent>()
  private readonly windowNs: bigint
  private readonly heldMax: number
  private newestNs: bigint | undefined
  private newestArrivedNs = 0n
  private releasedNs: bigint | undefined

  /** Beyond `heldMax` held events the oldest leave early, which bounds memory and costs order, never an event. */
  constructor(windowNs: bigint, heldMax = 200_000) {
    this.windowNs = windowNs
    this.heldMax = heldMax
  }

  get held(): number {
    return this.heap.size
  }

  /** `nowNs` is the monotonic time of arrival. Answers the events that are now due. */
  push(event: ProbeEvent, nowNs: bigint): ProbeEvent[] {
    if (this.newestNs === undefined || event.atUnixNs > this.newestNs) {
      this.newestNs = event.atUnixNs
      this.newestArrivedNs = nowNs
    }
    if (this.releasedNs !== undefined && event.atUnixNs < this.releasedNs) this.late += 1
    this.heap.push(event.atUnixNs, event)
    return this.advance(nowNs)
  }

  /** Until when events are in order at monotonic time `nowNs`; undefined before the first event. */
  settledUntil(nowNs: bigint): bigint | undefined {
    if (this.newestNs === undefined) return undefined
    return this.newestNs + (nowNs - this.newestArrivedNs) - this.windowNs
  }

  /** The events that have become due by `nowNs`, oldest first. */
  advance(nowNs: bigint): ProbeEvent[] {
    const untilNs = this.settledUntil(nowNs)
    return untilNs === undefined ? [] : this.releaseUntil(untilNs)
  }

  /** Everything that is held: the stream has ended. */
  flush(): ProbeEvent[] {
    return this.newestNs === undefined ? [] : this.releaseUntil(this.newestNs)
  }

  private releaseUntil(untilNs: bigint): ProbeEvent[] {
    const due: ProbeEvent[] = []
    for (;;) {
      const next = this.heap.smallestKey
      if (next === undefined || (next > untilNs && this.heap.size <= this.heldMax)) return due
      const event = this.heap.pop()
      if (event === undefined) return due
      if (this.releasedNs === undefined || next > this.releasedNs) this.releasedNs = next
      due.push(event)
    }
  }
}
