// What became of starts and ends that the kernel pairs and never sends: the program counts them in maps that it prints
// every second and at its end. Each process of bpftrace counts anew; the sums stay.
import { isObject } from '../bpftrace/output.ts'
import type { JsonValue } from '../bpftrace/json.ts'
import { orphansMap, supersededMap } from '../definition/self-report.ts'

export class KernelCounts {
  /** Ends without a start. */
  orphaned = 0
  /** Starts that a new one of their key replaced. */
  superseded = 0
  private before = { orphaned: 0, superseded: 0 }

  print(maps: { [name: string]: JsonValue }): void {
    this.orphaned = this.before.orphaned + (sumOf(maps[orphansMap]) ?? this.orphaned - this.before.orphaned)
    this.superseded =
      this.before.superseded + (sumOf(maps[supersededMap]) ?? this.superseded - this.before.superseded)
  }

  /** A new process follows, whose counts begin at nothing. */
  restart(): void {
    this.before = { orphaned: this.orphaned, superseded: this.superseded }
  }
}

/** Undefined where the map was not printed. */
function sumOf(map: JsonValue | undefined): number | undefined {
  if (!isObject(map)) return undefined
  return Object.values(map).reduce<number>((sum, count) => sum + Number(count), 0)
}
