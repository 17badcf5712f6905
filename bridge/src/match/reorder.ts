// Events as they arrive to events in the order in which they happened. Up to bpftrace 0.18 every CPU has a
// buffer of its own, so events of two CPUs arrive out of order: each is held until the program has told that nothing
// earlier is under way, or, where it does not tell, until the newest event time is a window past it. While nothing arrives
// for `silenceWindows` windows, event time runs on by the caller's monotonic clock, so that a quiet stream is released too.
// Not at once: on a busy machine it may be bpftrace that is kept waiting. Pure: time comes in as an argument. What has
// become due is taken out one by one, so that there are never many of them at a time.
import type { HrTime } from '@opentelemetry/api'
import { overtakeMs } from '../bpftrace/version.ts'
import { addTimes, compareTimes, subtractTimes, timeOfMs } from '../time/instant.ts'
import { SortedRuns } from './sorted-runs.ts'

/** Unix time. */
type Timed = { readonly at: HrTime }

/** Where events are while they are held, by numbers. */
export type Hold<Event> = { put(event: Event): number; take(number: number): Event }

const silenceWindows = 3
/** Where the program, which has told, tells nothing for so long because that was lost, no event is held longer. */
const patienceMs = 10_000

export class ReorderBuffer<Event extends Timed> {
  /** Events that came after a later event had already been released. They are passed on at once. */
  late = 0
  private readonly runs = new SortedRuns()
  private readonly hold: Hold<Event>
  private readonly window: HrTime
  private readonly silenceMs: number
  private readonly heldMax: number
  /** Everything until then has arrived, as far as the program tells. */
  private arrivedUntil: HrTime | undefined
  private newest: HrTime | undefined
  private newestArrivedMs = 0
  private released: HrTime | undefined
  /** What is not later than this is due. */
  private dueUntil: HrTime = [-Infinity, 0]

  /**
   * `windowMs` is 'told' where `arrive` will tell when. Beyond `heldMax` held events the oldest leave early, which bounds
   * memory and costs order, never an event.
   */
  constructor(windowMs: number | 'told', hold: Hold<Event>, heldMax = 200_000) {
    this.hold = hold
    this.window = timeOfMs(windowMs === 'told' ? patienceMs : windowMs)
    this.silenceMs = windowMs === 'told' ? 0 : windowMs * silenceWindows
    this.arrivedUntil = windowMs === 'told' ? [0, 0] : undefined
    this.heldMax = heldMax
  }

  get held(): number {
    return this.runs.size
  }

  /** The latest time that an event had. */
  get newestTime(): HrTime | undefined {
    return this.newest
  }

  /** `nowMs` is the monotonic time of arrival. */
  push(event: Event, nowMs: number): void {
    if (this.newest === undefined || compareTimes(event.at, this.newest) > 0) {
      this.newest = event.at
      this.newestArrivedMs = nowMs
    }
    if (this.released !== undefined && compareTimes(event.at, this.released) < 0) this.late += 1
    this.runs.push(event.at, this.hold.put(event))
    if (this.arrivedUntil === undefined || this.runs.size > this.heldMax) this.advance(nowMs)
  }

  /** Everything that was printed before `until` has arrived; by `advance` that becomes due. */
  arrive(until: HrTime): void {
    const arrived = subtractTimes(until, timeOfMs(overtakeMs))
    if (!this.arrivedUntil || compareTimes(arrived, this.arrivedUntil) > 0) this.arrivedUntil = arrived
  }

  /** Until when events are in order at monotonic time `nowMs`; undefined before the first event. */
  settledUntil(nowMs: number): HrTime | undefined {
    if (this.newest === undefined) return undefined
    const sinceMs = nowMs - this.newestArrivedMs - this.silenceMs
    const reached = sinceMs > 0 ? addTimes(this.newest, timeOfMs(sinceMs)) : this.newest
    const settled = subtractTimes(reached, this.window)
    const { arrivedUntil } = this
    return arrivedUntil && compareTimes(arrivedUntil, settled) > 0 ? arrivedUntil : settled
  }

  /** It is `nowMs`: more may have become due. */
  advance(nowMs: number): void {
    const until = this.settledUntil(nowMs)
    if (until !== undefined) this.dueUntil = until
  }

  /** The stream has ended: everything that is held is due. */
  flush(): void {
    if (this.newest !== undefined) this.dueUntil = this.newest
  }

  /** Takes out the oldest event that is due. */
  next(): Event | undefined {
    const { runs } = this
    if (!runs.hasUntil(this.dueUntil) && runs.size <= this.heldMax) return undefined
    const number = runs.take()
    if (number === undefined) return undefined
    const event = this.hold.take(number)
    if (this.released === undefined || compareTimes(event.at, this.released) > 0) this.released = event.at
    return event
  }
}
