// The starts that wait for their end: by age, by slot (definition, process and key) and, where a definition asks for
// it, by thread. Starts of one slot lie on top of each other. Every operation takes constant time but for a slot or a
// thread with many starts.
import type { SpanContext } from '@opentelemetry/api'
import type { ProbeEvent } from '../event/event.ts'
import type { BinaryContext } from '../span/binary-context.ts'
import { compareTimes } from '../time/instant.ts'
import { SlotMap } from './slots.ts'

export type OpenStart = {
  readonly start: ProbeEvent
  readonly context: BinaryContext
  readonly parent: SpanContext | undefined
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
  private readonly tops = new SlotMap<OpenStart>()
  /** By definition, whose starts all have the same ttl. */
  private readonly ages = new Map<string, Age>()
  private readonly threads: Map<string, OpenStart[]> | undefined

  constructor(byThread: boolean) {
    this.threads = byThread ? new Map() : undefined
  }

  top(spanId: string, pid: number, key: string): OpenStart | undefined {
    return this.tops.get(spanId, pid, key)
  }

  /** The youngest of the event's slot that began when it came or before. */
  youngestFor({ span, pid, key, at }: ProbeEvent): OpenStart | undefined {
    let open = this.tops.get(span.id, pid, key)
    while (open && compareTimes(open.start.at, at) > 0) open = open.below
    return open
  }

  /** The youngest start of a definition on a thread. */
  onThread(spanId: string, pid: number, tid: number): OpenStart | undefined {
    return this.threads?.get(threadOf(pid, tid))?.findLast(({ start }) => start.span.id === spanId)
  }

  add(start: ProbeEvent, context: BinaryContext, parent: SpanContext | undefined): void {
    const { span, pid, key } = start
    const age = this.ageOf(span.id)
    const open: OpenStart = {
      start,
      context,
      parent,
      events: undefined,
      below: this.tops.get(span.id, pid, key),
      older: age.youngest,
      younger: undefined,
    }
    if (age.youngest) age.youngest.younger = open
    else age.oldest = open
    age.youngest = open
    this.tops.set(span.id, pid, key, open)
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

  /** Each, the youngest of a definition first: to remove the top of a slot takes one step. */
  all(): OpenStart[] {
    const all: OpenStart[] = []
    for (const { youngest } of this.ages.values()) {
      for (let open = youngest; open; open = open.older) all.push(open)
    }
    return all
  }

  pids(): ReadonlySet<number> {
    return this.tops.pids()
  }

  oldestOfAll(): OpenStart | undefined {
    let oldest: OpenStart | undefined
    for (const age of this.ages.values()) {
      if (!age.oldest) continue
      if (!oldest || compareTimes(age.oldest.start.at, oldest.start.at) < 0) oldest = age.oldest
    }
    return oldest
  }

  private removeFromSlot(open: OpenStart): void {
    const { span, pid, key } = open.start
    const top = this.tops.get(span.id, pid, key)
    if (top === open) {
      if (open.below) this.tops.set(span.id, pid, key, open.below)
      else this.tops.delete(span.id, pid, key)
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
