// What was lost between the kernel's probes and here: the program counts its events, each when it is in the buffer or
// lost, and prints the counts every second and at its end. Once everything that was printed before a count was read
// has arrived, what was counted and is not here is lost: never more than are, and exactly for the seconds that were
// over by then, because each second has counts of its own. At the end the buffers are drained and all is known.
import type { HrTime } from '@opentelemetry/api'
import type { JsonValue } from '../bpftrace/json.ts'
import { countsIn, secondOf } from '../definition/self-report.ts'
import type { ToUnix } from '../event/tuple.ts'
import { compareTimes } from '../time/instant.ts'
import { Gaps } from './gaps.ts'

/** Counts by their number, and a time (since boot) at which they had been read. */
type Reading = { counts: ReadonlyMap<number, number>; readBefore: HrTime | undefined }

export class Losses {
  /** Events that are known to be lost. */
  lost = 0
  private readonly lostOf: number[] = []
  private readonly arrived: number[] = []
  /** Of what was read, the oldest that is not compared yet, and the newest. */
  private waiting: Reading | undefined
  private newest: Reading | undefined
  /** From the first loss until a reading that tells of no further one, in Unix time. */
  private readonly gaps = new Gaps()
  private gapEnd: HrTime = [0, 0]
  private readonly toUnix: ToUnix

  constructor(toUnix: ToUnix) {
    this.toUnix = toUnix
  }

  arrive(counter: number): void {
    if (counter >= 0) this.arrived[counter] = (this.arrived[counter] ?? 0) + 1
  }

  /**
   * Maps that were printed, read after the boot time `readAfter` and before `readBefore`; undefined in a replay, which
   * knows it at the end. Answers, where they are the counts, until when all that they count has arrived or is known to be
   * lost: whole seconds, because what is under way can be of any moment of its second.
   */
  print(
    maps: { [name: string]: JsonValue },
    readAfter: HrTime,
    readBefore: HrTime | undefined,
  ): HrTime | undefined {
    const counts = countsIn(maps)
    if (!counts) return undefined
    this.newest = { counts, readBefore }
    this.waiting ??= this.newest
    let until = readAfter
    for (const [counter, count] of counts) {
      if (count <= (this.arrived[counter] ?? 0) + (this.lostOf[counter] ?? 0)) continue
      const second: HrTime = [secondOf(counter, readBefore ?? readAfter), 0]
      if (compareTimes(second, until) < 0) until = second
    }
    return until
  }

  /** Everything that was printed before the boot time `until` has arrived. */
  settle(until: HrTime): void {
    while (this.waiting?.readBefore && compareTimes(this.waiting.readBefore, until) <= 0) {
      this.compare(this.waiting.counts, this.waiting.readBefore)
      this.waiting = this.waiting === this.newest ? undefined : this.newest
    }
  }

  /** Nothing arrives any more; `now` is the boot time. */
  end(now: HrTime): void {
    if (this.newest) this.compare(this.newest.counts, now)
  }

  /** Whether events between the two times were lost, or may have been since the last were. */
  isNear(start: HrTime, end: HrTime): boolean {
    return this.lost > 0 && this.gaps.overlap(start, end)
  }

  private compare(counts: Reading['counts'], readBefore: HrTime): void {
    const before = this.lost
    let [from, to] = [Infinity, 0]
    for (const [counter, count] of counts) {
      const known = this.lostOf[counter] ?? 0
      const lost = count - (this.arrived[counter] ?? 0)
      if (lost <= known) continue
      this.lostOf[counter] = lost
      this.lost += lost - known
      const second = secondOf(counter, readBefore)
      from = Math.min(from, second)
      to = Math.max(to, second + 1)
    }
    if (this.lost === before) return this.gaps.close(this.gapEnd)
    this.gaps.open(this.toUnix([from, 0]))
    this.gapEnd = this.toUnix([to, 0])
  }
}
