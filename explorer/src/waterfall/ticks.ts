// The length of a time axis (bigint nanoseconds) and how many ticks fit in; out: evenly spaced round times from its
// start on, each with its place as a fraction of [0, 1].
import { formatDuration } from '../format/duration.ts'

export type Tick = { atNs: bigint; fraction: number; label: string }

const sNs = 1_000_000_000n
/** Round steps from half a minute on, where decimal ones would read as 1 min 40 s. */
const longStepsNs = [30n, 60n, 120n, 300n, 600n, 1_200n, 1_800n, 3_600n].map((seconds) => seconds * sNs)

/** At least the one at 0, at most `countMax` (2 to 20 make sense). */
export function ticksOf(lengthNs: bigint, countMax: number): Tick[] {
  const stepNs = stepOf(lengthNs, BigInt(Math.max(countMax, 2)))
  const ticks: Tick[] = []
  for (let atNs = 0n; atNs <= lengthNs; atNs += stepNs) {
    // A billionth part is exact enough to draw and keeps the double out of the nanoseconds.
    const fraction = lengthNs === 0n ? 0 : Number((atNs * 1_000_000_000n) / lengthNs) / 1e9
    ticks.push({ atNs, fraction, label: formatDuration(atNs).replace(/ min 0 s$/, ' min') })
  }
  return ticks
}

/** The smallest round step of which at most `countMax - 1` fit into the length. */
function stepOf(lengthNs: bigint, countMax: bigint): bigint {
  const fits = (stepNs: bigint) => lengthNs / stepNs < countMax
  for (let power = 1n; power <= 10n * sNs; power *= 10n) {
    for (const factor of [1n, 2n, 5n]) {
      const stepNs = power * factor
      if (stepNs < 30n * sNs && fits(stepNs)) return stepNs
    }
  }
  for (const stepNs of longStepsNs) if (fits(stepNs)) return stepNs
  let stepNs = 2n * 3_600n * sNs
  while (!fits(stepNs)) stepNs *= 2n
  return stepNs
}
