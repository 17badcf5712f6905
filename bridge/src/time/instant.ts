// Times and durations as OpenTelemetry's HrTime: whole seconds and nanoseconds, [seconds, 0 ≤ nanoseconds < 10^9].
// Both are exact as numbers, which nanoseconds since 1970 are not, and cost a tenth of a bigint on the path that
// every event takes.
import type { HrTime } from '@opentelemetry/api'

const nanosecondsPerSecond = 1_000_000_000
const nanosecondsPerSecondBig = 1_000_000_000n

/** Below zero where `a` is earlier, above where it is later. */
export function compareTimes(a: HrTime, b: HrTime): number {
  return a[0] - b[0] || a[1] - b[1]
}

export function addTimes(a: HrTime, b: HrTime): HrTime {
  const nanoseconds = a[1] + b[1]
  return nanoseconds < nanosecondsPerSecond
    ? [a[0] + b[0], nanoseconds]
    : [a[0] + b[0] + 1, nanoseconds - nanosecondsPerSecond]
}

/** `a - b`; below zero it is [negative seconds, nanoseconds from there up]. */
export function subtractTimes(a: HrTime, b: HrTime): HrTime {
  const nanoseconds = a[1] - b[1]
  return nanoseconds >= 0 ? [a[0] - b[0], nanoseconds] : [a[0] - b[0] - 1, nanoseconds + nanosecondsPerSecond]
}

/** To the nanosecond while it is below 2^53 ms; meant for waiting, not for measuring. */
export function timeOfMs(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1000)
  return [seconds, Math.round((milliseconds - seconds * 1000) * 1e6) % nanosecondsPerSecond]
}

export function timeOfNs(nanoseconds: bigint): HrTime {
  const rest = nanoseconds % nanosecondsPerSecondBig
  const seconds = nanoseconds / nanosecondsPerSecondBig
  return rest < 0n
    ? [Number(seconds) - 1, Number(rest + nanosecondsPerSecondBig)]
    : [Number(seconds), Number(rest)]
}

export function nsOfTime(time: HrTime): bigint {
  return BigInt(time[0]) * nanosecondsPerSecondBig + BigInt(time[1])
}
