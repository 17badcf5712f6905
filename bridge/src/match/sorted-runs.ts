// Items by time, earliest first; those of equal time in the order in which they came. They come nearly in order (each
// CPU's are), so they are kept as a few ascending runs, and the earliest is the earliest head: what a heap does in
// log n steps takes one or two. As many runs as CPUs at a time, but for streams in which everything goes backwards.
import type { HrTime } from '@opentelemetry/api'
import { compareTimes } from '../time/instant.ts'

type Timed = { readonly at: HrTime }
type Run<Item> = { items: Item[]; head: number }

/** Taken items are forgotten in bulk. */
const forgetFrom = 1024

export class SortedRuns<Item extends Timed> {
  size = 0
  /** Oldest first: of two runs with equal heads the older one's came earlier. */
  private readonly runs: Run<Item>[] = []

  push(item: Item): void {
    this.size += 1
    for (const run of this.runs) {
      const last = run.items.at(-1)
      if (last !== undefined && compareTimes(last.at, item.at) > 0) continue
      run.items.push(item)
      return
    }
    this.runs.push({ items: [item], head: 0 })
  }

  /** The earliest, left where it is. */
  first(): Item | undefined {
    const run = this.firstRun()
    return run?.items[run.head]
  }

  /** Takes the earliest out. */
  take(): Item | undefined {
    const run = this.firstRun()
    const item = run?.items[run.head]
    if (run === undefined || item === undefined) return undefined
    this.size -= 1
    run.head += 1
    if (run.head === run.items.length) this.runs.splice(this.runs.indexOf(run), 1)
    else if (run.head >= forgetFrom && 2 * run.head >= run.items.length) {
      run.items.splice(0, run.head)
      run.head = 0
    }
    return item
  }

  private firstRun(): Run<Item> | undefined {
    let first = this.runs[0]
    let earliest = first?.items[first.head]
    for (let at = 1; at < this.runs.length; at += 1) {
      const run = this.runs[at]
      const item = run?.items[run.head]
      if (item === undefined || earliest === undefined || compareTimes(item.at, earliest.at) >= 0) continue
      first = run
      earliest = item
    }
    return first
  }
}
