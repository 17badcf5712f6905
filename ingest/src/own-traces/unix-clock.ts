// The time of the day with fractions of a millisecond: Node tells it in whole ones, which would let a request of 0.4 ms
// begin before the caller's span around it. In: a moment by `performance.now()`; out: Unix milliseconds. The clocks'
// difference is that of the latest tick seen within a minute: never too late, and too early by what traffic leaves.
const rememberedMs = 60_000
/** More is a clock that was set. */
const stepMs = 5

export type UnixClock = {
  /** To be called at about that moment. */
  at(nowMs: number): number
}

export function createUnixClock(dateMs: () => number = Date.now): UnixClock {
  let differenceMs = Number.NEGATIVE_INFINITY
  let sinceMs = Number.NEGATIVE_INFINITY
  return {
    at(nowMs) {
      const seen = dateMs() - nowMs
      if (nowMs - sinceMs > rememberedMs || Math.abs(seen - differenceMs) > stepMs) {
        differenceMs = seen
        sinceMs = nowMs
      }
      differenceMs = Math.max(differenceMs, seen)
      return nowMs + differenceMs
    },
  }
}
