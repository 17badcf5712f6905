// The starts that wait for their end: by age, by slot (definition, process and key) and, where a definition asks for
// it, by thread. Starts of one slot lie on top of each other. Every operation takes constant time but for a slot or a
// thread with many starts.
import type { HrTime, SpanContext } from '@opentelemetry/api'
import type { ProbeEvent } from '../event/event.ts'
import { compareTimes } from '../time/instant.ts'

export type OpenStart = {
  readonly start: ProbeEvent
  readonly context: SpanContext
  readonly parent: SpanContext | undefined
  readonly slot: string
  /** Events of the span, as they came. */
  events: ProbeEvent[] | undefined
  /** The start of the same slot that was open before. */
  below: OpenStart | undefined
  older: OpenStart | undefined
  younger: OpenStart | undefined
}

type Age = { oldest: OpenStart | undefined; youngest: OpenStart | undefined }

export class OpenStarts {
  size = 0
  private readonly tops = new Map<string, OpenStart>()
  /** By definition, whose starts all have the same ttl. */
  private readonly ages = new Map<string, Age>()
  private readonly threads: Map<string, OpenStart[]> | undefined

  constructor(byThread: boolean) {
    this.threads = byThread ? new Map() : undefined
  }

  top(slot: string): OpenStart | undefined {
    return this.tops.get(slot)
  }

  /** The youngest of the slot that began at `time` or before. */
  youngestUntil(slot: string, time: HrTime): OpenStart | undefined {
    let open = this.tops.get(slot)
    while (open && compareTimes(open.start.at, time) > 0) open = open.below
    return open
  }

  /** The youngest start of a definition on a thread. */
  onThread(spanId: string, pid: number, tid: number): OpenStart | undefined {
    return this.threads?.get(threadOf(pid, tid))?.findLast(({ start }) => start.span.id === spanId)
  }

  add(start: ProbeEvent, slot: string, context: SpanContext, parent: SpanContext | undefined): void {
    const age = this.ageOf(start.span.id)
    const open: OpenStart = {
      start,
      context,
      parent,
      slot,
      events: undefined,
      below: this.tops.get(slot),
      older: age.youngest,
      younger: undefined,
    }
    if (age.youngest) age.youngest.younger = open
    else age.oldest = open
    age.youngest = open
    this.tops.set(slot, open)
    this.size += 1
    if (!this.threads) return
    const thread = threadOf(start.pid, start.tid)
    const stack = this.threads.get(thread)
    if (stack) stack.push(open)
    else this.threads.set(thread, [open])
  }

  remove(open: OpenStart): void {
    this.size -= 1
    const age = this.ageOf(open.start.span.id)
    if (open.older) open.older.younger = open.younger
    else age.oldest = open.younger
    if (open.younger) open.younger.older = open.older
    else age.youngest = open.older
    this.removeFromSlot(open)
    if (this.threads) removeFromThread(this.threads, open)
  }

  /** The oldest of each definition. */
  oldest(): OpenStart[] {
    return [...this.ages.values()].flatMap(({ oldest }) => oldest ?? [])
  }

  private removeFromSlot(open: OpenStart): void {
    const top = this.tops.get(open.slot)
    if (top === open) {
      if (open.below) this.tops.set(open.slot, open.below)
      else this.tops.delete(open.slot)
      return
    }
    let above = top
    while (above && above.below !== open) above = above.below
    if (above) above.below = open.below
  }

  private ageOf(spanId: string): Age {
    const known = this.ages.get(spanId)
    if (known) return known
    const age: Age = { oldest: undefined, youngest: undefined }
    this.ages.set(spanId, age)
    return age
  }
}

const threadOf = (pid: number, tid: number): string => `${pid} ${tid}`

function removeFromThread(threads: Map<string, OpenStart[]>, open: OpenStart): void {
  const thread = threadOf(open.start.pid, open.start.tid)
  const stack = threads.get(thread)
  if (!stack) return
  stack.splice(stack.lastIndexOf(open), 1)
  if (stack.length === 0) threads.delete(thread)
}
