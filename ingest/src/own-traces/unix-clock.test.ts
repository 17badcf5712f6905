import { expect, test } from 'vitest'
import { createUnixClock } from './unix-clock.ts'

test('fractions of a millisecond are told once a tick was seen, and never a time to come', () => {
  // The true time is 1,000.7 ms ahead of the process's clock.
  let now = 0
  const clock = createUnixClock(() => Math.floor(now + 1_000.7))
  for (now = 0; now < 100; now += 0.25) {
    const error = now + 1_000.7 - clock.at(now)
    expect(error).toBeGreaterThanOrEqual(-1e-9)
    expect(error).toBeLessThan(now < 2 ? 1 : 0.25)
  }
})

test('a clock that was set is followed at once, either way', () => {
  let date = 5_000
  const clock = createUnixClock(() => date)
  expect(clock.at(10)).toBe(5_000)
  date = 1_000
  expect(clock.at(20)).toBe(1_000)
  date = 9_000
  expect(clock.at(30)).toBe(9_000)
})
