// Events in order to spans. Pairs by definition, process and key; with several starts open under one key an end
// takes the youngest that began before it (recursion; an end may come late). Nothing vanishes uncounted: at any time
//   starts = spans + open + expired + evicted + keyless,   ends = spans + orphaned + keyless ends.
// Pure: time comes with the events, ids from the generator given.
import { TraceFlags, type SpanContext } from '@opentelemetry/api'
import type { SpanDefinition } from '../definition/definition.ts'
import type { ProbeEvent } from '../event/event.ts'

export type IdGenerator = { generateTraceId(): string; generateSpanId(): string }

export type MatchedSpan = {
  definition: SpanDefinition
  start: ProbeEvent
  end: ProbeEvent
  context: SpanContext
  parent?: SpanContext
}

export type MatcherCounts = {
  starts: number
  ends: number
  spans: number
  /** Starts whose end did not come within the definition's ttl. */
  expired: number
  /** Starts given up because `openMax` were open. */
  evicted: number
  /** Ends without an open start: its start was before the attach, or was lost. */
  orphaned: number
  /** Starts and ends with an empty key (memory that could not be read): they match nothing. */
  keylessStarts: number
  keylessEnds: number
  /** Spans `within` another of which none was open: they begin a trace of their own. */
  parentless: number
}

type Open = { start: ProbeEvent; context: SpanContext; parent?: SpanContext; slot: string }

export class Matcher {
  readonly counts: MatcherCounts = {
    starts: 0,
    ends: 0,
    spans: 0,
    expired: 0,
    evicted: 0,
    orphaned: 0,
    keylessStarts: 0,
    keylessEnds: 0,
    parentless: 0,
  }
  /** Insertion order is start order, so the first is the oldest. */
  private readonly open = new Map<Open, undefined>()
  private readonly slots = new Map<string, Open[]>()
  private readonly ids: IdGenerator
  private readonly openMax: number

  constructor(ids: IdGenerator, openMax = 100_000) {
    this.ids = ids
    this.openMax = openMax
  }

  get openCount(): number {
    return this.open.size
  }

  push(event: ProbeEvent): MatchedSpan | undefined {
    return event.phase === 'start' ? this.begin(event) : this.finish(event)
  }

  /** Gives up the starts whose ttl has passed at `nowUnixNs`. Looks at every open start: call it about once a second. */
  expire(nowUnixNs: bigint): void {
    for (const open of this.open.keys()) {
      const age = nowUnixNs - open.start.atUnixNs
      if (age < BigInt(open.start.span.ttlMs) * 1_000_000n) continue
      this.remove(open)
      this.counts.expired += 1
    }
  }

  private begin(start: ProbeEvent): undefined {
    this.counts.starts += 1
    if (start.key === '') {
      this.counts.keylessStarts += 1
      return
    }
    const parent = this.parentOf(start)
    const context = {
      traceId: parent?.traceId ?? this.ids.generateTraceId(),
      spanId: this.ids.generateSpanId(),
      traceFlags: parent?.traceFlags ?? TraceFlags.SAMPLED,
    }
    const slot = slotOf(start.span, start)
    const open: Open = { start, context, slot, ...(parent && { parent }) }
    this.open.set(open, undefined)
    const stack = this.slots.get(slot)
    if (stack) stack.push(open)
    else this.slots.set(slot, [open])
    if (this.open.size > this.openMax) this.evictOldest()
  }

  private finish(end: ProbeEvent): MatchedSpan | undefined {
    this.counts.ends += 1
    if (end.key === '') {
      this.counts.keylessEnds += 1
      return undefined
    }
    const stack = this.slots.get(slotOf(end.span, end))
    const open = stack?.findLast(({ start }) => start.atUnixNs <= end.atUnixNs)
    if (!open) {
      this.counts.orphaned += 1
      return undefined
    }
    this.remove(open)
    this.counts.spans += 1
    const { start, context, parent } = open
    return { definition: start.span, start, end, context, ...(parent && { parent }) }
  }

  private parentOf(start: ProbeEvent): SpanContext | undefined {
    const { within } = start.span
    if (within === undefined) return start.remoteParent
    const parent = this.slots.get(slotKey(within, start.pid, start.key))?.at(-1)
    if (!parent) this.counts.parentless += 1
    return parent?.context ?? start.remoteParent
  }

  private evictOldest(): void {
    for (const oldest of this.open.keys()) {
      this.remove(oldest)
      this.counts.evicted += 1
      return
    }
  }

  private remove(open: Open): void {
    this.open.delete(open)
    const stack = this.slots.get(open.slot)
    if (!stack) return
    stack.splice(stack.lastIndexOf(open), 1)
    if (stack.length === 0) this.slots.delete(open.slot)
  }
}

const slotOf = (span: SpanDefinition, event: ProbeEvent): string => slotKey(span.id, event.pid, event.key)
const slotKey = (id: string, pid: number, key: string): string => `${id}\0${pid}\0${key}`
