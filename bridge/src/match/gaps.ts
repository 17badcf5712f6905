// Times in which something was not seen: what overlaps one of them may lack a part. The youngest may still go on.
// Bound: the last `gapsMax`; a span that is longer than so many of them is near the last anyway.
import type { HrTime } from '@opentelemetry/api'
import { compareTimes } from '../time/instant.ts'

const gapsMax = 16

export class Gaps {
  private readonly gaps: { from: HrTime; to: HrTime | undefined }[] = []

  /** One begins, unless one goes on. */
  open(from: HrTime): void {
    const last = this.gaps.at(-1)
    if (last && !last.to) return
    this.gaps.push({ from, to: undefined })
    if (this.gaps.length > gapsMax) this.gaps.shift()
  }

  /** The one that goes on has ended. */
  close(to: HrTime): void {
    const last = this.gaps.at(-1)
    if (last) last.to ??= to
  }

  /** Whether something was not seen between the two times. */
  overlap(start: HrTime, end: HrTime): boolean {
    return this.gaps.some(
      ({ from, to }) => compareTimes(end, from) > 0 && (!to || compareTimes(start, to) < 0),
    )
  }
}
