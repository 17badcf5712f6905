// Ends whose start has not been seen yet: it may still come, late from another CPU's buffer. Each is held for a while
// of event time, then given up. Bounded: beyond `heldMax` the oldest is given up early.
import type { HrTime } from '@opentelemetry/api'
import type { ProbeEvent } from '../event/event.ts'
import { addTimes, compareTimes } from '../time/instant.ts'
import { SlotMap } from './slots.ts'

type Held = { end: ProbeEvent; taken: boolean; next: Held | undefined }

/** Given up ends are forgotten in bulk. */
const forgetFrom = 1024

export class HeldEnds {
  size = 0
  /** In the order in which they came, which is nearly that of their times. */
  private queue: Held[] = []
  private head = 0
  private readonly bySlot = new SlotMap<Held>()
  private readonly hold: HrTime
  private readonly heldMax: number

  constructor(hold: HrTime, heldMax = 10_000) {
    this.hold = hold
    this.heldMax = heldMax
  }

  /** Answers how many were given up for it. */
  add(end: ProbeEvent): number {
    const held: Held = { end, taken: false, next: undefined }
    this.queue.push(held)
    const first = this.bySlot.get(end.span.id, end.pid, end.key)
    if (first) lastOf(first).next = held
    else this.bySlot.set(end.span.id, end.pid, end.key, held)
    this.size += 1
    return this.size > this.heldMax ? this.giveUpOldest() : 0
  }

  /** Takes the first end of the start's slot that came at its time or later. */
  take({ span, pid, key, at }: ProbeEvent): ProbeEvent | undefined {
    let held = this.bySlot.get(span.id, pid, key)
    while (held && compareTimes(held.end.at, at) < 0) held = held.next
    if (held) this.remove(held)
    return held?.end
  }

  /** Gives up those whose time has passed at `now`; answers how many. */
  expire(now: HrTime): number {
    let given = 0
    for (let held = this.oldest(); held; held = this.oldest()) {
      if (compareTimes(addTimes(held.end.at, this.hold), now) > 0) break
      this.remove(held)
      given += 1
    }
    return given
  }

  private giveUpOldest(): number {
    const held = this.oldest()
    if (!held) return 0
    this.remove(held)
    return 1
  }

  private oldest(): Held | undefined {
    while (this.queue[this.head]?.taken === true) this.head += 1
    if (this.head >= forgetFrom && 2 * this.head >= this.queue.length) {
      this.queue = this.queue.slice(this.head)
      this.head = 0
    }
    return this.queue[this.head]
  }

  private remove(held: Held): void {
    const { span, pid, key } = held.end
    held.taken = true
    this.size -= 1
    const first = this.bySlot.get(span.id, pid, key)
    if (first !== held) {
      let before = first
      while (before && before.next !== held) before = before.next
      if (before) before.next = held.next
    } else if (held.next) this.bySlot.set(span.id, pid, key, held.next)
    else this.bySlot.delete(span.id, pid, key)
  }
}

function lastOf(held: Held): Held {
  let last = held
  while (last.next) last = last.next
  return last
}
