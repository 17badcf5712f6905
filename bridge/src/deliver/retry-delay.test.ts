// What would break: a receiver that is pressed, or one that is back and waited for too long.
import { expect, test } from 'vitest'
import { retryAfterMs, retryDelayMs } from './retry-delay.ts'

const delays = { firstMs: 250, maxMs: 5000 }

test('twice as long after each failure up to the longest, between half and the whole of it', () => {
  const wholes = [1, 2, 3, 4, 5, 6, 7, 2000].map((failures) => retryDelayMs(delays, failures, 1))
  expect(wholes).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000, 5000])
  expect(retryDelayMs(delays, 3, 0)).toBe(500)
  expect(retryDelayMs(delays, 3, 0.5)).toBe(750)
})

test.each([
  [undefined, undefined],
  ['0', 0],
  ['7', 7000],
  [' 7 ', 7000],
  ['86400', 600_000],
  ['99999999999999999999999', 600_000],
  ['Fri, 20 Nov 2026 06:00:30 GMT', 30_000],
  ['Fri, 20 Nov 2026 05:00:00 GMT', 0],
  ['Fri, 20 Nov 2099 05:00:00 GMT', 600_000],
  ['soon', undefined],
  ['', undefined],
])('Retry-After: %s', (header, ms) => {
  expect(retryAfterMs(header, Date.parse('2026-11-20T06:00:00Z'))).toBe(ms)
})
