// What became of starts and ends that the kernel pairs and never sends: the program counts them in maps that it prints
// every second and at its end. Each process of bpftrace counts anew; the sums stay.
import type { JsonValue } from '../bpftrace/json.ts'
import { counterOfMap, type KernelCounter } from '../definition/kernel-counters.ts'

export class KernelCounts implements Readonly<Record<KernelCounter, number>> {
  orphaned = 0
  superseded = 0
  unstored = 0
  /** Of this process, by map. */
  private readonly printed = new Map<string, number>()
  private hasWarned = false

  print(maps: { [name: string]: JsonValue }): void {
    for (const [name, value] of Object.entries(maps)) {
      const counter = counterOfMap(name)?.counter
      if (counter === undefined) continue
      this[counter] += Number(value) - (this.printed.get(name) ?? 0)
      this.printed.set(name, Number(value))
    }
  }

  /** Once, when the first start has found no room. */
  fullWarning(): string | undefined {
    if (this.unstored === 0 || this.hasWarned) return undefined
    this.hasWarned = true
    return (
      `${this.unstored} starts found no room in the kernel, where more are open than its maps have keys: they make no span. ` +
      'Set BPFTRACE_MAX_MAP_KEYS (BPFTRACE_MAP_KEYS_MAX up to bpftrace 0.22) to as many as can be open at once, or take ' +
      '"pair: bridge"'
    )
  }

  /** A new process follows, whose counts begin at nothing. */
  restart(): void {
    this.printed.clear()
  }
}
