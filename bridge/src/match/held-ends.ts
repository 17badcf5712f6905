// Ends whose start has not been seen yet: it may still come, late from another CPU's buffer. Each is held for a while
// of event time, then given up. Bounded: beyond `heldMax` the oldest is given up early.
import type { HrTime } from '@opentelemetry/api'
import type { ProbeEvent } from '../event/event.ts'
import { addTimes, compareTimes } from '../time/instant.ts'

export class HeldEnds {
  /** In the order in which they came, which is nearly that of their times. */
  private readonly ends = new Map<ProbeEvent, string>()
  private readonly bySlot = new Map<string, ProbeEvent[]>()
  private readonly hold: HrTime
  private readonly heldMax: number

  constructor(hold: HrTime, heldMax = 10_000) {
    this.hold = hold
    this.heldMax = heldMax
  }

  get size(): number {
    return this.ends.size
  }

  /** Answers how many were given up for it. */
  add(end: ProbeEvent, slot: string): number {
    this.ends.set(end, slot)
    const ofSlot = this.bySlot.get(slot)
    if (ofSlot) ofSlot.push(end)
    else this.bySlot.set(slot, [end])
    if (this.ends.size <= this.heldMax) return 0
    for (const oldest of this.ends.keys()) {
      this.remove(oldest)
      return 1
    }
    return 0
  }

  /** Takes the first end of the slot that came at `time` or later. */
  take(slot: string, time: HrTime): ProbeEvent | undefined {
    const end = this.bySlot.get(slot)?.find((each) => compareTimes(each.at, time) >= 0)
    if (end) this.remove(end)
    return end
  }

  /** Gives up those whose time has passed at `now`; answers how many. */
  expire(now: HrTime): number {
    let given = 0
    for (const end of this.ends.keys()) {
      if (compareTimes(addTimes(end.at, this.hold), now) > 0) break
      this.remove(end)
      given += 1
    }
    return given
  }

  private remove(end: ProbeEvent): void {
    const slot = this.ends.get(end)
    if (slot === undefined) return
    this.ends.delete(end)
    const ofSlot = this.bySlot.get(slot)
    if (!ofSlot) return
    ofSlot.splice(ofSlot.indexOf(end), 1)
    if (ofSlot.length === 0) this.bySlot.delete(slot)
  }
}
