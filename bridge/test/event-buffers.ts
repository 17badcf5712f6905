// The kernel's buffers for events and their reader as far as losses go: CPUs whose probes can be interrupted anywhere,
// a buffer for each or for all, a reader that empties them when it may, and lines that wait in a pipe. Out: the lines,
// and the truth: how many events were lost. Times are nanoseconds since boot by the test's clock;
// every step takes one.
import type { HrTime } from '@opentelemetry/api'
import { counterOf, type BufferProgress } from '../src/definition/self-report.ts'
import { timeOfNs } from '../src/time/instant.ts'

/** What comes through a buffer. */
type Item =
  | { is: 'event'; counter: number; at: HrTime }
  | { is: 'progress'; progress: BufferProgress }
  | { is: 'request' }
/** What comes out of the pipe. */
export type Line = Exclude<Item, { is: 'request' }> | { is: 'counts'; counts: Map<number, number> }

/** A probe that has read the clock, and may have printed, but has not counted yet. */
type Probe = { counter: number; at: HrTime; printed: boolean }

export class EventBuffers {
  nowNs = 0n
  /** The truth. */
  lost = 0
  fired = 0
  readonly pipe: Line[] = []
  private readonly cpus: number
  private readonly buffers: Item[][]
  private readonly capacity: number
  private readonly running: (Probe | undefined)[]
  private readonly counts = new Map<number, number>()

  constructor(cpus: number, isShared: boolean, capacity: number) {
    this.cpus = cpus
    this.buffers = Array.from({ length: isShared ? 1 : cpus }, () => [])
    this.capacity = capacity
    this.running = Array.from({ length: cpus }, () => undefined)
  }

  /** One more step of a CPU: a probe reads the clock, prints, or counts. */
  step(cpu: number, block: number): void {
    const probe = this.running[cpu % this.cpus]
    this.nowNs += 1n
    if (!probe) {
      const at = timeOfNs(this.nowNs)
      this.running[cpu % this.cpus] = { counter: counterOf(block, at), at, printed: false }
    } else if (!probe.printed) {
      this.fired += 1
      if (!this.put(cpu, { is: 'event', counter: probe.counter, at: probe.at })) this.lost += 1
      probe.printed = true
    } else {
      this.counts.set(probe.counter, (this.counts.get(probe.counter) ?? 0) + 1)
      this.running[cpu % this.cpus] = undefined
    }
  }

  /** A whole probe. */
  fire(cpu: number, block: number): void {
    this.finish(cpu)
    for (let step = 0; step < 3; step += 1) this.step(cpu, block)
  }

  /** Lets a probe that runs come to its end. */
  finish(cpu: number): void {
    while (this.running[cpu % this.cpus]) this.step(cpu, 0)
  }

  /** The program's timers: on a CPU that a probe runs on they are passed over. */
  tellProgress(cpu: number): void {
    if (this.running[cpu % this.cpus]) return
    this.nowNs += 1n
    const buffer = cpu % this.buffers.length
    const progress = { at: timeOfNs(this.nowNs), buffer, buffers: this.buffers.length }
    this.put(cpu, { is: 'progress', progress })
  }

  requestCounts(): void {
    if (!this.running[0]) this.put(0, { is: 'request' })
  }

  /** The reader takes up to `most` from one buffer; counts are read when their request is. */
  read(buffer: number, most: number): void {
    for (const item of this.buffers[buffer % this.buffers.length]?.splice(0, most) ?? []) {
      this.pipe.push(item.is === 'request' ? { is: 'counts', counts: new Map(this.counts) } : item)
    }
  }

  /** The program ends: probes come to their end, the buffers are emptied, the counts printed. */
  drain(): void {
    for (let cpu = 0; cpu < this.cpus; cpu += 1) this.finish(cpu)
    for (let buffer = 0; buffer < this.buffers.length; buffer += 1) this.read(buffer, Infinity)
    this.pipe.push({ is: 'counts', counts: new Map(this.counts) })
  }

  private put(cpu: number, item: Item): boolean {
    const buffer = this.buffers[cpu % this.buffers.length]
    if (!buffer || buffer.length >= this.capacity) return false
    buffer.push(item)
    return true
  }
}
