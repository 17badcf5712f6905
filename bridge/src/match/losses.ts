// What was lost between the kernel's probes and here: the program counts its own events by block and prints the
// counts every second and at its end; what was counted and did not arrive is lost. While events flow, some of those
// counted are still under way: then only what is missing beyond all that the buffers could hold is known to be lost.
// Between two equal prints nothing was under way, and at the end the buffers are drained: those are exact.
import type { HrTime } from '@opentelemetry/api'
import { isObject } from '../bpftrace/output.ts'
import type { JsonValue } from '../bpftrace/json.ts'
import { countsMap } from '../definition/program.ts'
import { compareTimes } from '../time/instant.ts'

/** An event takes more than so much of the kernel's buffer. */
const eventBytesMin = 80

export class Losses {
  /** Events that are known to be lost. */
  lost = 0
  /** Within this span of event time the last of them were lost. */
  private nearby: { from: HrTime; to: HrTime } | undefined
  private readonly arrived: number[] = []
  private lastPrint: HrTime | undefined
  private printed: { [block: string]: JsonValue } = {}

  private readonly underWayMax: number

  /** `bufferBytes` is the size of the kernel's buffer for events. */
  constructor(bufferBytes: number) {
    this.underWayMax = Math.ceil(bufferBytes / eventBytesMin)
  }

  arrive(block: number): void {
    if (block >= 0) this.arrived[block] = (this.arrived[block] ?? 0) + 1
  }

  /** A map that was printed; `now` is the newest event's time. */
  print(maps: { [name: string]: JsonValue }, now: HrTime | undefined): void {
    const counts = maps[countsMap]
    if (!isObject(counts)) return
    const isQuiet = Object.keys(counts).every((block) => counts[block] === this.printed[block])
    this.printed = counts
    this.settle(this.missing() - (isQuiet ? 0 : this.underWayMax), now)
    this.lastPrint = now
  }

  /** Whether events were lost between the two times. */
  isNear(start: HrTime, end: HrTime): boolean {
    const { nearby } = this
    return nearby !== undefined && compareTimes(start, nearby.to) <= 0 && compareTimes(end, nearby.from) >= 0
  }

  /** The buffers are drained and the last counts are printed. */
  end(now: HrTime | undefined): void {
    this.settle(this.missing(), now)
  }

  private settle(lost: number, now: HrTime | undefined): void {
    if (lost <= this.lost) return
    this.lost = lost
    if (now) this.nearby = { from: this.lastPrint ?? now, to: now }
  }

  private missing(): number {
    let missing = 0
    for (const [block, count] of Object.entries(this.printed)) {
      missing += Math.max(0, Number(count) - (this.arrived[Number(block)] ?? 0))
    }
    return missing
  }
}
