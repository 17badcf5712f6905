// Events in order to spans. Pairs by definition, process and key; with several starts open under one key an end
// takes the youngest that began before it (recursion; an end may come late). Nothing vanishes uncounted: at any time
//   starts = spans + open + expired + evicted + keyless,   ends = spans + orphaned + keyless ends.
// Pure: time comes with the events, ids from the generator given.
import { TraceFlags, type HrTime, type SpanContext } from '@opentelemetry/api'
import type { SpanDefinition } from '../definition/definition.ts'
import type { ProbeEvent } from '../event/event.ts'
import { addTimes, compareTimes, timeOfMs } from '../time/instant.ts'
import { OpenStarts, type OpenStart } from './open-starts.ts'

export type IdGenerator = { generateTraceId(): string; generateSpanId(): string }

export type MatchedSpan = {
  definition: SpanDefinition
  start: ProbeEvent
  end: ProbeEvent
  context: SpanContext
  parent: SpanContext | undefined
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
  private readonly open = new OpenStarts()
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

  /** Gives up the starts whose ttl has passed at `now`. */
  expire(now: HrTime): void {
    for (let [oldest] = this.expired(now); oldest; [oldest] = this.expired(now)) {
      this.open.remove(oldest)
      this.counts.expired += 1
    }
  }

  private expired(now: HrTime): OpenStart[] {
    return this.open.oldest().filter(({ start }) => {
      const end = addTimes(start.at, timeOfMs(start.span.ttlMs))
      return compareTimes(end, now) <= 0
    })
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
    this.open.add(start, slotOf(start.span, start), context, parent)
    if (this.open.size > this.openMax) this.evictOldest()
  }

  private finish(end: ProbeEvent): MatchedSpan | undefined {
    this.counts.ends += 1
    if (end.key === '') {
      this.counts.keylessEnds += 1
      return undefined
    }
    const open = this.open.youngestUntil(slotOf(end.span, end), end.at)
    if (!open) {
      this.counts.orphaned += 1
      return undefined
    }
    this.open.remove(open)
    this.counts.spans += 1
    const { start, context, parent } = open
    return { definition: start.span, start, end, context, parent }
  }

  private parentOf(start: ProbeEvent): SpanContext | undefined {
    const { within } = start.span
    if (within === undefined) return start.remoteParent
    const parent = this.open.top(slotKey(within, start.pid, start.key))
    if (!parent) this.counts.parentless += 1
    return parent?.context ?? start.remoteParent
  }

  private evictOldest(): void {
    const [oldest] = this.open.oldest().toSorted((a, b) => compareTimes(a.start.at, b.start.at))
    if (!oldest) return
    this.open.remove(oldest)
    this.counts.evicted += 1
  }
}

const slotOf = (span: SpanDefinition, event: ProbeEvent): string => slotKey(span.id, event.pid, event.key)
const slotKey = (id: string, pid: number, key: string): string => `${id}\0${pid}\0${key}`
