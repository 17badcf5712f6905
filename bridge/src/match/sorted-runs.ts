// Numbers by time, earliest first; those of equal time in the order in which they came. They come nearly in order (each
// CPU's do), so they are kept as a few ascending runs, and the earliest is the earliest head: what a heap does in log n
// steps takes one or two. As many runs as CPUs at a time, but for streams in which everything goes backwards. Times are
// in typed arrays, so that nothing that waits is anything to the garbage collector.
import type { HrTime } from '@opentelemetry/api'

const firstCapacity = 256

class Run {
  /** The first that is not taken, and the one behind the last. */
  head = 0
  end = 0
  seconds = new Float64Array(firstCapacity)
  nanoseconds = new Float64Array(firstCapacity)
  items = new Float64Array(firstCapacity)

  push(at: HrTime, item: number): void {
    if (this.end === this.items.length) this.makeRoom()
    this.seconds[this.end] = at[0]
    this.nanoseconds[this.end] = at[1]
    this.items[this.end] = item
    this.end += 1
  }

  /** Whether it can take an item of this time and still ascends. */
  takes(at: HrTime): boolean {
    return this.end === 0 || this.compare(this.end - 1, at[0], at[1]) <= 0
  }

  compare(index: number, seconds: number, nanoseconds: number): number {
    return (this.seconds[index] ?? 0) - seconds || (this.nanoseconds[index] ?? 0) - nanoseconds
  }

  /** By forgetting what was taken where that is half of it, else by growing. */
  private makeRoom(): void {
    const { head, end } = this
    const capacity = 2 * head >= end ? this.items.length : 2 * this.items.length
    const moved = (from: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      if (capacity === from.length) return from.copyWithin(0, head, end)
      const to = new Float64Array(capacity)
      to.set(from.subarray(head, end))
      return to
    }
    this.seconds = moved(this.seconds)
    this.nanoseconds = moved(this.nanoseconds)
    this.items = moved(this.items)
    this.head = 0
    this.end = end - head
  }
}

export class SortedRuns {
  size = 0
  /** Oldest first: of two runs with equal heads the older one's came earlier. */
  private readonly runs: Run[] = []

  push(at: HrTime, item: number): void {
    this.size += 1
    for (const run of this.runs) if (run.takes(at)) return run.push(at, item)
    const run = new Run()
    run.push(at, item)
    this.runs.push(run)
  }

  /** Whether the earliest is not later than this. */
  hasUntil(time: HrTime): boolean {
    const run = this.firstRun()
    return run !== undefined && run.compare(run.head, time[0], time[1]) <= 0
  }

  /** Takes the earliest out. */
  take(): number | undefined {
    const run = this.firstRun()
    const item = run?.items[run.head]
    if (run === undefined || item === undefined) return undefined
    this.size -= 1
    run.head += 1
    if (run.head < run.end) return item
    if (this.runs.length > 1) this.runs.splice(this.runs.indexOf(run), 1)
    else run.head = run.end = 0
    return item
  }

  private firstRun(): Run | undefined {
    let first = this.runs[0]
    if (first === undefined || first.head === first.end) return undefined
    for (let at = 1; at < this.runs.length; at += 1) {
      const run = this.runs[at]
      if (!run) continue
      const [seconds = 0, nanoseconds = 0] = [first.seconds[first.head], first.nanoseconds[first.head]]
      if (run.compare(run.head, seconds, nanoseconds) < 0) first = run
    }
    return first
  }
}
