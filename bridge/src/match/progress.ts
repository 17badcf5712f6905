// How far each of the kernel's buffers has been read, as the program tells it, to until when everything has arrived:
// the time before which nothing that was printed, and not lost, is still under way. Pure.
import type { HrTime } from '@opentelemetry/api'
import type { BufferProgress } from '../definition/self-report.ts'
import { compareTimes, subtractTimes, timeOfMs } from '../time/instant.ts'

/**
 * A CPU that is this far behind was switched off, or is idle, when it may not tell at all (bpftrace 0.17 on a virtual
 * machine; then the counts of events tell, losses.ts). For its buffer to wait its turn takes less, but more than a second
 * on a machine with four tasks a CPU.
 */
const silenceMs = 10_000

export class Progress {
  private readonly reached = new Map<number, HrTime>()
  /** The latest time that any has told. */
  furthest: HrTime = [0, 0]
  private first: HrTime = [0, 0]
  private buffers = Infinity

  advance({ at, buffer, buffers }: BufferProgress): void {
    if (this.reached.size === 0) this.first = at
    this.reached.set(buffer, at)
    this.buffers = buffers
    if (compareTimes(at, this.furthest) > 0) this.furthest = at
  }

  /** Until then everything has arrived for certain; undefined before every buffer has told. */
  get certain(): HrTime | undefined {
    return this.allHaveTold ? this.leastFrom([0, 0]) : undefined
  }

  /** The same, but that CPUs which were switched off are not waited for. */
  get likely(): HrTime | undefined {
    const from = subtractTimes(this.furthest, timeOfMs(silenceMs))
    return this.allHaveTold || compareTimes(this.first, from) < 0 ? this.leastFrom(from) : undefined
  }

  private get allHaveTold(): boolean {
    return this.reached.size >= this.buffers
  }

  private leastFrom(from: HrTime): HrTime {
    let least = this.furthest
    for (const time of this.reached.values()) {
      if (compareTimes(time, least) < 0 && compareTimes(time, from) >= 0) least = time
    }
    return least
  }
}
