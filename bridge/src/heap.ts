// Keeps V8's heap near what is live in it while many spans are open. By itself V8 lets the old generation grow to several
// times what it holds before it collects: with 100,000 spans open the process took 360 MB for 80, and a sidecar's memory
// is taken from what it watches. With few open it is left alone: the same would then cost half as much CPU again.
// The young generation can only be bounded where the process is started, by `nodeOptions`; what lives through one of its
// collections is so little that to wake other threads for it costs a tenth more CPU than not to.
import { setFlagsFromString } from 'node:v8'

export const nodeOptions = ['--max-semi-space-size=16', '--no-parallel-scavenge'] as const

const manySpans = 10_000
const growthPercent = 20

/** To be called now and then. */
export function keepHeapSmall(openSpans: number): void {
  // 0 is V8's own way.
  setFlagsFromString(`--heap-growing-percent=${openSpans > manySpans ? growthPercent : 0}`)
}
