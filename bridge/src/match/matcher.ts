// Events in order to spans. Pairs by definition, process and key; with several starts open under one key an end
// takes the youngest that began before it (recursion; an end may come late). Nothing vanishes uncounted: at any time
//   starts = spans.paired + open + expired + superseded + evicted + processEnded + tracingEnded + keyless starts
//   ends   = spans.paired + orphaned + held + keyless ends
//   points = spans of one probe;   span events = attached + without a span
// Pure: time comes with the events, ids from the source given.
import { hash } from 'node:crypto'
import { TraceFlags, type HrTime, type SpanContext } from '@opentelemetry/api'
import type { Definition, SpanDefinition } from '../definition/definition.ts'
import type { ProbeEvent } from '../event/event.ts'
import {
  type BinaryContext,
  newTrace,
  spanIn,
  traceOf,
  traceOfHex,
  type TraceWords,
  type WordSource,
} from '../span/binary-context.ts'
import { addTimes, compareTimes, timeOfMs } from '../time/instant.ts'
import { HeldEnds } from './held-ends.ts'
import { OpenStarts, type OpenStart } from './open-starts.ts'
import { family, Orphans } from './orphans.ts'

/** Why a span has no end of its own: its end is then the moment at which it was given up, or its process ended. */
export type Incomplete = 'expired' | 'superseded' | 'evicted' | 'processEnded' | 'tracingEnded'

export type MatchedSpan = {
  definition: SpanDefinition
  /** Of a span of one probe, that probe's event, which is also its end. */
  start: ProbeEvent
  /** Absent where the span is incomplete. */
  end: ProbeEvent | undefined
  incomplete: { reason: Incomplete; at: HrTime } | undefined
  context: BinaryContext
  parent: SpanContext | undefined
  events: readonly ProbeEvent[]
  /** Whether events were lost while it was open, so that something in it or around it may be missing. */
  nearLoss: boolean
}

export type MatcherCounts = {
  starts: number
  ends: number
  /** Spans of a start and its end. */
  paired: number
  /** Spans of one probe. */
  points: number
  /** Starts whose end did not come within the definition's ttl. */
  expired: number
  /** Starts ended by a new start of their key. */
  superseded: number
  /** Starts given up because `openMax` were open. */
  evicted: number
  /** Starts that were open when their process ended. */
  processEnded: number
  /** Starts that were open when nobody traced any more: the bridge was stopped, or a script or recording ended. */
  tracingEnded: number
  /** Ends without an open start: its start was before the attach, or was lost. */
  orphaned: number
  /** Starts and ends with an empty key (memory that could not be read): they match nothing. */
  keylessStarts: number
  keylessEnds: number
  /** Spans `within` another of which none was open: they begin a trace of their own. */
  parentless: number
  /** Events of a span of which none was open. */
  spanless: number
}

/** A late start comes within the time in which its buffer is drained; so does the last event of a process. */
const endHold: HrTime = [1, 0]
const endOfTime: HrTime = [Number.MAX_SAFE_INTEGER, 0]
const noEvents: readonly ProbeEvent[] = []
const none: readonly MatchedSpan[] = []
const noOrphans: readonly never[] = []

export class Matcher {
  readonly counts: MatcherCounts = {
    starts: 0,
    ends: 0,
    paired: 0,
    points: 0,
    expired: 0,
    superseded: 0,
    evicted: 0,
    processEnded: 0,
    tracingEnded: 0,
    orphaned: 0,
    keylessStarts: 0,
    keylessEnds: 0,
    parentless: 0,
    spanless: 0,
  }
  private readonly open: OpenStarts
  private readonly heldEnds = new HeldEnds(endHold)
  private readonly orphans = new Orphans()
  private readonly kernelPaired: ReadonlySet<string>
  private readonly words: WordSource
  private readonly openMax: number
  /** The ids of the spans that lie within another by its key, by the other's id. */
  private readonly inner = new Map<string, string[]>()
  /** When processes ended whose last events may still come. */
  private readonly ended = new Map<number, HrTime>()

  constructor(definition: Definition, words: WordSource, openMax = 100_000) {
    const byThread = [...definition.spans.values()].some(({ within }) => within?.by === 'thread')
    this.open = new OpenStarts(byThread)
    const spans = [...definition.spans.values()]
    this.kernelPaired = new Set(spans.filter((span) => span.pairing === 'kernel').map(({ id }) => id))
    for (const { id, within } of definition.spans.values()) {
      if (within?.by === 'key' && within.span !== id) {
        this.inner.set(within.span, [...(this.inner.get(within.span) ?? []), id])
      }
    }
    this.words = words
    this.openMax = openMax
  }

  get openCount(): number {
    return this.open.size
  }

  /** The processes of which a start is open. */
  openPids(): ReadonlySet<number> {
    return this.open.pids()
  }

  get heldCount(): number {
    return this.heldEnds.size
  }

  /** The spans that this event completes: nearly always none or one. */
  push(event: ProbeEvent): readonly MatchedSpan[] {
    if (event.event) return this.attach(event)
    switch (event.phase) {
      case 'start':
        return this.begin(event)
      case 'end':
        return event.begun ? this.adopt(this.whole(event, event.begun)) : this.finish(event)
      case 'point':
        return this.adopt(this.point(event))
    }
  }

  /** The process ended at `at`: what it left open is given up once its last events must have come. */
  endProcess(pid: number, at: HrTime): void {
    if (!this.ended.has(pid)) this.ended.set(pid, at)
  }

  /** Gives up the starts whose ttl has passed at `now`, and those of processes that have ended. */
  expire(now: HrTime): readonly MatchedSpan[] {
    this.counts.orphaned += this.heldEnds.expire(now)
    const spans: MatchedSpan[] = this.giveUpOrphans(now)
    for (let [oldest] = this.expired(now); oldest; [oldest] = this.expired(now)) {
      const at = addTimes(oldest.start.at, timeOfMs(oldest.start.span.ttlMs))
      spans.push(...this.giveUp(oldest, 'expired', at))
    }
    if (this.ended.size > 0) spans.push(...this.giveUpEnded(now))
    return spans
  }

  /** Everything that was traced ended at `at`, and all its events have come. */
  giveUpAll(reason: 'processEnded' | 'tracingEnded', at: HrTime): readonly MatchedSpan[] {
    return this.open.all().flatMap((open) => this.giveUp(open, reason, at))
  }

  /** No more events come: ends that still waited for their start have none, nor have spans for their parent. */
  end(): readonly MatchedSpan[] {
    this.counts.orphaned += this.heldEnds.expire(endOfTime)
    return this.giveUpOrphans(endOfTime)
  }

  /** A start that is younger than the end of its process is another's that has got the same pid. */
  private giveUpEnded(now: HrTime): MatchedSpan[] {
    const due = new Map([...this.ended].filter(([, at]) => compareTimes(addTimes(at, endHold), now) <= 0))
    if (due.size === 0) return []
    for (const pid of due.keys()) this.ended.delete(pid)
    return this.open.all().flatMap((open) => {
      const at = due.get(open.start.pid)
      return at && compareTimes(open.start.at, at) <= 0 ? this.giveUp(open, 'processEnded', at) : none
    })
  }

  private giveUpOrphans(now: HrTime): MatchedSpan[] {
    return this.orphans.expire(now).flatMap(({ span, children }) => {
      this.counts.parentless += 1
      return family(span, children)
    })
  }

  private expired(now: HrTime): OpenStart[] {
    return this.open.oldest().filter(({ start }) => {
      const end = addTimes(start.at, timeOfMs(start.span.ttlMs))
      return compareTimes(end, now) <= 0
    })
  }

  private begin(start: ProbeEvent): readonly MatchedSpan[] {
    this.counts.starts += 1
    if (start.key === '') {
      this.counts.keylessStarts += 1
      return none
    }
    const parent = this.parentOf(start)
    const context = this.contextOf(start, parent)
    const end = this.heldEnds.size > 0 ? this.heldEnds.take(start) : undefined
    if (end) {
      this.counts.paired += 1
      return [spanOf({ start, context, parent }, end)]
    }
    const given = start.span.supersede === 'nest' ? none : this.supersede(start)
    this.open.add(start, context, parent)
    if (this.open.size <= this.openMax) return given
    return [...given, ...this.evictOldest(start.at)]
  }

  private finish(end: ProbeEvent): readonly MatchedSpan[] {
    this.counts.ends += 1
    if (end.key === '') {
      this.counts.keylessEnds += 1
      return none
    }
    const open = this.open.youngestFor(end)
    if (!open) {
      this.counts.orphaned += this.heldEnds.add(end)
      return none
    }
    this.open.remove(open)
    this.counts.paired += 1
    return [spanOf(open, end)]
  }

  /** A start and its end that the kernel paired. */
  private whole(end: ProbeEvent, start: ProbeEvent): MatchedSpan {
    this.counts.starts += 1
    this.counts.ends += 1
    this.counts.paired += 1
    const parent = this.isAdoptable(start.span) ? undefined : this.parentOf(start)
    const context = this.contextOf(start, parent)
    return spanOf({ start, context, parent }, end)
  }

  /** Of a span whose parent the kernel pairs nothing is known before that parent ends. */
  private isAdoptable({ within }: SpanDefinition): boolean {
    return within !== undefined && this.kernelPaired.has(within.span)
  }

  private adopt(span: MatchedSpan): readonly MatchedSpan[] {
    if (this.kernelPaired.size === 0) return [span]
    const children = this.kernelPaired.has(span.definition.id) ? this.orphans.takeChildren(span) : noOrphans
    if (this.isAdoptable(span.definition)) {
      this.orphans.add(span, children)
      return none
    }
    return family(span, children)
  }

  private point(event: ProbeEvent): MatchedSpan {
    this.counts.points += 1
    const parent = this.isAdoptable(event.span) ? undefined : this.parentOf(event)
    const context = this.contextOf(event, parent)
    return spanOf({ start: event, context, parent }, event)
  }

  private attach(event: ProbeEvent): readonly MatchedSpan[] {
    const open = this.open.youngestFor(event)
    if (open === undefined || event.key === '') this.counts.spanless += 1
    else {
      open.events ??= []
      open.events.push(event)
    }
    return none
  }

  private supersede(by: ProbeEvent): readonly MatchedSpan[] {
    const open = this.open.top(by.span.id, by.pid, by.key)
    return open ? this.giveUp(open, 'superseded', by.at) : none
  }

  private evictOldest(now: HrTime): readonly MatchedSpan[] {
    const oldest = this.open.oldestOfAll()
    return oldest ? this.giveUp(oldest, 'evicted', now) : none
  }

  private giveUp(open: OpenStart, reason: Incomplete, at: HrTime): readonly MatchedSpan[] {
    this.open.remove(open)
    this.counts[reason] += 1
    const given = open.start.span.keepIncomplete ? [abandoned(open, reason, at)] : none
    return reason === 'superseded' ? [...given, ...this.giveUpInside(open, at)] : given
  }

  /** What is open inside a span that was superseded has no end either: an error left it on its way out. */
  private giveUpInside(outer: OpenStart, at: HrTime): MatchedSpan[] {
    const { start, context } = outer
    const spans: MatchedSpan[] = []
    for (const id of this.inner.get(start.span.id) ?? []) {
      const next = (): OpenStart | undefined => this.open.top(id, start.pid, start.key)
      for (let open = next(); open; open = next()) {
        if (open.parent?.spanId !== context.spanId) break
        spans.push(...this.giveUp(open, 'superseded', at))
      }
    }
    return spans
  }

  private contextOf(event: ProbeEvent, parent: SpanContext | undefined): BinaryContext {
    const trace = parent ? traceOf(parent) : this.newTrace(event)
    return spanIn(trace, parent?.traceFlags ?? TraceFlags.SAMPLED, this.words)
  }

  private newTrace({ span, key }: ProbeEvent): TraceWords {
    return span.traceIdFromKey && key !== '' ? traceOfHex(traceIdOfKey(key)) : newTrace(this.words)
  }

  private parentOf(event: ProbeEvent): SpanContext | undefined {
    const { within } = event.span
    if (within === undefined) return event.remoteParent
    const parent =
      within.by === 'thread'
        ? this.open.onThread(within.span, event.pid, event.tid)
        : this.open.top(within.span, event.pid, event.key)
    // The outermost of a recursion has no parent to be missed.
    if (!parent && within.span !== event.span.id) this.counts.parentless += 1
    return parent?.context ?? event.remoteParent
  }
}

/** The same for every program that sees the same key. Bytes that are no UTF-8 would all be one, written so. */
export function traceIdOfKey(key: string): string {
  return hash('sha256', key.isWellFormed() ? key : Buffer.from(key, 'utf16le'), 'hex').slice(0, 32)
}

function abandoned(open: OpenStart, reason: Incomplete, at: HrTime): MatchedSpan {
  const { start } = open
  return spanOf(open, undefined, { reason, at: compareTimes(start.at, at) > 0 ? start.at : at })
}

type Begun = Pick<OpenStart, 'start' | 'context' | 'parent'> & Partial<Pick<OpenStart, 'events'>>

function spanOf(
  { start, context, parent, events }: Begun,
  end: ProbeEvent | undefined,
  incomplete?: MatchedSpan['incomplete'],
): MatchedSpan {
  return {
    definition: start.span,
    start,
    end,
    incomplete,
    context,
    parent,
    events: events ?? noEvents,
    nearLoss: false,
  }
}
