// Events as they arrive to events in the order in which they happened. Up to bpftrace 0.18 every CPU has a
// buffer of its own, so events of two CPUs arrive out of order: each is held until the program has told that nothing
// earlier is under way, or, where it does not tell, until the newest event time is a window past it. While nothing arrives
// for `silenceWindows` windows, event time runs on by the caller's monotonic clock, so that a quiet stream is released too.
// Not at once: on a busy machine it may be bpftrace that is kept waiting. Pure: time comes in as an argument.
import type { HrTime } from '@opentelemetry/api'
import { overtakeMs } from '../bpftrace/version.ts'
import { addTimes, compareTimes, subtractTimes, timeOfMs } from '../time/instant.ts'
import { SortedRuns } from './sorted-runs.ts'

/** Unix time. */
type Timed = { readonly at: HrTime }
const none: readonly never[] = []
const silenceWindows = 3
/** Where the program, which has told, tells nothing for so long because that was lost, no event is held longer. */
const patienceMs = 10_000

export class ReorderBuffer<Event extends Timed> {
  /** Events that came after a later event had already been released. They are passed on at once. */
  late = 0
  private readonly runs = new SortedRuns<Event>()
  private readonly window: HrTime
  private readonly silenceMs: number
  private readonly heldMax: number
  /** Everything until then has arrived, as far as the program tells. */
  private arrivedUntil: HrTime | undefined
  private newest: HrTime | undefined
  private newestArrivedMs = 0
  private released: HrTime | undefined

  /**
   * `windowMs` is 'told' where `arrive` will tell when. Beyond `heldMax` held events the oldest leave early, which bounds
   * memory and costs order, never an event.
   */
  constructor(windowMs: number | 'told', heldMax = 200_000) {
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

  /** `nowMs` is the monotonic time of arrival. Answers the events that are now due. */
  push(event: Event, nowMs: number): readonly Event[] {
    if (this.newest === undefined || compareTimes(event.at, this.newest) > 0) {
      this.newest = event.at
      this.newestArrivedMs = nowMs
    }
    if (this.released !== undefined && compareTimes(event.at, this.released) < 0) this.late += 1
    this.runs.push(event)
    return this.arrivedUntil && this.runs.size <= this.heldMax ? none : this.advance(nowMs)
  }

  /** Everything that was printed before `until` has arrived; `advance` answers what is then due. */
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

  /** The events that have become due by `nowMs`, oldest first. */
  advance(nowMs: number): readonly Event[] {
    const until = this.settledUntil(nowMs)
    return until === undefined ? none : this.releaseUntil(until)
  }

  /** Everything that is held: the stream has ended. */
  flush(): readonly Event[] {
    return this.newest === undefined ? none : this.releaseUntil(this.newest)
  }

  private releaseUntil(until: HrTime): readonly Event[] {
    let due: Event[] | undefined
    for (;;) {
      const event = this.runs.first()
      if (event === undefined) break
      if (compareTimes(event.at, until) > 0 && this.runs.size <= this.heldMax) break
      this.runs.take()
      if (this.released === undefined || compareTimes(event.at, this.released) > 0) this.released = event.at
      due ??= []
      due.push(event)
    }
    return due ?? none
  }
}
