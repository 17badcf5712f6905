// What would break: spans that lie beside the spans of other tools because kernel time is mapped wrongly.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { bootNowNs, calibrate, combine, recalibrated, type Tick } from './clock.ts'

const tick = (beforeNs: bigint, afterNs: bigint, shownNs: bigint): Tick => ({ beforeNs, afterNs, shownNs })
const realtime = tick(1_000n, 1_200n, 5_000_000_000n)
const never = (): Tick => {
  throw new Error('boot time was measured though it is not needed')
}

test('a machine that was never suspended: boot time is monotonic time', () => {
  expect(combine(realtime, 9_999_999n, never)).toEqual({ offsetNs: 5_000_000_000n - 1_100n, errorNs: 100n })
})

test('after a suspend, boot time is ahead of monotonic time by what is measured, and the errors add up', () => {
  const suspendedNs = 3_600_000_000_000n
  const boot = tick(2_000n, 2_020n, suspendedNs + 2_010n)
  expect(combine(realtime, suspendedNs - 5_000_000n, () => boot)).toEqual({
    offsetNs: 5_000_000_000n - 1_100n - suspendedNs,
    errorNs: 110n,
  })
})

test('an uptime behind monotonic time is the container’s own, not the machine’s: it is not believed', () => {
  expect(combine(realtime, -86_400_000_000_000n, never).offsetNs).toBe(5_000_000_000n - 1_100n)
})

test('a repeated measurement changes nothing unless the clock was stepped: no span is bent by measuring', () => {
  const current = { offsetNs: 1_000_000n, errorNs: 100n }
  expect(recalibrated(current, { offsetNs: 1_000_150n, errorNs: 50n })).toBe(current)
  expect(recalibrated(current, { offsetNs: 999_850n, errorNs: 50n })).toBe(current)
  for (const offsetNs of [1_000_151n, 999_849n, 3_600_000_000_000n]) {
    expect(recalibrated(current, { offsetNs, errorNs: 50n })).toEqual({ offsetNs, errorNs: 50n })
  }
})

/** The kernel's own offsets from monotonic time, of which it keeps one a clock; root only. */
function kernelOffsetNs(): bigint | undefined {
  try {
    const timers = readFileSync('/proc/timer_list', 'utf8')
    // Clock 1 is realtime, clock 2 boot time; the first processor's list comes first.
    const [real, boot] = [1, 2].map((index) => {
      const text = new RegExp(`\\.index:\\s+${index}\\s[\\s\\S]*?\\.offset:\\s+(\\d+) nsecs`).exec(
        timers,
      )?.[1]
      return text === undefined ? undefined : BigInt(text)
    })
    return real === undefined || boot === undefined ? undefined : real - boot
  } catch {
    return undefined
  }
}

test('the measurement agrees with the kernel within 1 ms, and within the error that it states', (context) => {
  const expectedNs = kernelOffsetNs()
  if (expectedNs === undefined) {
    console.warn('SKIPPED: /proc/timer_list, the independent reading, is for root only')
    return context.skip()
  }
  const { offsetNs, errorNs } = calibrate()
  const difference = offsetNs > expectedNs ? offsetNs - expectedNs : expectedNs - offsetNs
  expect(difference).toBeLessThan(1_000_000n)
  expect(errorNs).toBeLessThan(1_000_000n)
  // Date.now() starts to show a millisecond up to a clock read late.
  expect(difference).toBeLessThanOrEqual(errorNs + 20_000n)
})

test('boot time is what the kernel counts since boot', () => {
  const uptimeNs = (): bigint =>
    BigInt(Math.round(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 100)) * 10_000_000n
  const before = uptimeNs()
  const now = bootNowNs()
  expect(now).toBeGreaterThanOrEqual(before)
  expect(now).toBeLessThanOrEqual(uptimeNs() + 10_000_000n)
})
