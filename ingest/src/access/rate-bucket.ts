// A bucket that fills with `perSecond` up to one second's worth. Taking is allowed while at least one unit is in it, and
// may take more than there is: a request of 10 MB at 1 MB/s is taken, and the next waits ten seconds. Pure: times are
// arguments, in milliseconds of one clock.
export type RateBucket = {
  /** 0: take now. */
  waitMs(nowMs: number): number
  /** Whole units. */
  available(nowMs: number): number
  take(amount: number, nowMs: number): void
}

export function createRateBucket(perSecond: number, nowMs: number): RateBucket {
  let level = perSecond
  let filledMs = nowMs
  const fill = (toMs: number): void => {
    level = Math.min(perSecond, level + ((toMs - filledMs) / 1000) * perSecond)
    filledMs = toMs
  }
  return {
    waitMs(atMs) {
      fill(atMs)
      return level >= 1 ? 0 : Math.ceil(((1 - level) / perSecond) * 1000)
    },
    available(atMs) {
      fill(atMs)
      return Math.max(0, Math.floor(level))
    },
    take(amount, atMs) {
      fill(atMs)
      level -= amount
    },
  }
}
