// The kernel's probe times (`nsecs`: CLOCK_BOOTTIME, nanoseconds) to Unix nanoseconds. Realtime and boot time both
// follow the same steered monotonic clock, so between two steps of the clock or two suspends their difference is
// constant: one good measurement holds, and repeating it catches a step. Node gives no boot time and no realtime
// beyond milliseconds, so both are read at the moment at which they tick.
import { readFileSync } from 'node:fs'

/** Boot time + offsetNs = Unix time; true within errorNs. */
export type Calibration = { offsetNs: bigint; errorNs: bigint }

/** A reading: what a coarse clock showed, just as it began to show it, between two monotonic times. */
export type Tick = { beforeNs: bigint; afterNs: bigint; shownNs: bigint }

/**
 * A suspend is many times longer than /proc/uptime is coarse. An uptime below monotonic time cannot be the machine's:
 * it is a container's own (lxcfs), and the kernel's clock knows nothing of it.
 */
const noSuspendBelowNs = 30_000_000n

export function calibrate(): Calibration {
  const realtime = bestOf(5, () => tickOf(() => BigInt(Date.now()) * 1_000_000n))
  return combine(realtime, coarseBootNs() - process.hrtime.bigint(), () =>
    bestOf(3, () => tickOf(coarseBootNs)),
  )
}

/**
 * `suspendedNs` is boot time minus monotonic time, to the 10 ms of /proc/uptime. Near zero the machine was never
 * suspended and the two are equal; else `bootTick` measures the difference.
 */
export function combine(realtime: Tick, suspendedNs: bigint, bootTick: () => Tick): Calibration {
  const monotonicToUnix = offsetOf(realtime)
  if (suspendedNs < noSuspendBelowNs) return monotonicToUnix
  const monotonicToBoot = offsetOf(bootTick())
  return {
    offsetNs: monotonicToUnix.offsetNs - monotonicToBoot.offsetNs,
    errorNs: monotonicToUnix.errorNs + monotonicToBoot.errorNs,
  }
}

/**
 * The calibration to go on with after `fresh` was measured: the current one unless the two contradict each other,
 * because a new offset between a span's start and its end bends the span.
 */
export function recalibrated(current: Calibration, fresh: Calibration): Calibration {
  const difference = fresh.offsetNs - current.offsetNs
  const tolerance = fresh.errorNs + current.errorNs
  return difference <= tolerance && difference >= -tolerance ? current : fresh
}

/** What to add to monotonic time to get the clock that ticked. */
function offsetOf(tick: Tick): Calibration {
  const halfGapNs = (tick.afterNs - tick.beforeNs + 1n) / 2n
  return { offsetNs: tick.shownNs - (tick.beforeNs + halfGapNs), errorNs: halfGapNs }
}

/** Waits for the clock to change and says when. Busy for one tick at most: 1 ms of Date.now, 10 ms of /proc/uptime. */
function tickOf(read: () => bigint): Tick {
  let beforeNs = process.hrtime.bigint()
  const first = read()
  for (;;) {
    const startedNs = process.hrtime.bigint()
    const shownNs = read()
    const afterNs = process.hrtime.bigint()
    // The tick may have come right after the reading before this one.
    if (shownNs !== first) return { beforeNs, afterNs, shownNs }
    beforeNs = startedNs
  }
}

function bestOf(times: number, measure: () => Tick): Tick {
  const ticks = Array.from({ length: times }, measure)
  return ticks.reduce((best, each) => (gap(each) < gap(best) ? each : best))
}

/** CLOCK_BOOTTIME as it is, or up to 10 ms later. */
export function bootCeilingNs(): bigint {
  const boot = coarseBootNs() + bootTickNs
  // In some containers /proc/uptime is the container's; monotonic time never runs ahead of boot time.
  const monotonic = process.hrtime.bigint()
  return boot > monotonic ? boot : monotonic
}

const bootTickNs = 10_000_000n

const gap = (tick: Tick): bigint => tick.afterNs - tick.beforeNs

/**
 * The kernel's boot time now. Monotonic time is behind it by all suspends, which /proc/uptime knows of (to 10 ms),
 * unless it is a container's own.
 */
export function bootNowNs(): bigint {
  const [monotonicNs, coarseNs] = [process.hrtime.bigint(), coarseBootNs()]
  return coarseNs - monotonicNs < noSuspendBelowNs ? monotonicNs : coarseNs
}

function coarseBootNs(): bigint {
  const [seconds = '0', hundredths = '0'] = (readFileSync('/proc/uptime', 'utf8').split(' ')[0] ?? '').split(
    '.',
  )
  return BigInt(seconds) * 1_000_000_000n + BigInt(hundredths.padEnd(2, '0')) * 10_000_000n
}
