import { expect, test } from 'vitest'
import { backoffMs, retryAfterMs, waitMs } from './retry-delay.ts'

test('Retry-After is read as seconds or as a date', () => {
  const nowMs = Date.parse('2026-01-01T00:00:00Z')
  expect(retryAfterMs('5', nowMs)).toBe(5_000)
  expect(retryAfterMs('Thu, 01 Jan 2026 00:00:30 GMT', nowMs)).toBe(30_000)
  expect(retryAfterMs('Wed, 31 Dec 2025 00:00:00 GMT', nowMs)).toBe(0)
  expect(retryAfterMs('soon', nowMs)).toBeUndefined()
  expect(retryAfterMs(undefined, nowMs)).toBeUndefined()
})

test('waits double from one second to a minute, a fifth less at most', () => {
  const attempts = [0, 1, 2, 3, 6, 7, 500]
  expect(attempts.map((attempt) => backoffMs(attempt, 0))).toEqual([
    1_000, 2_000, 4_000, 8_000, 60_000, 60_000, 60_000,
  ])
  expect(attempts.map((attempt) => backoffMs(attempt, 1))).toEqual([
    800, 1_600, 3_200, 6_400, 48_000, 48_000, 48_000,
  ])
})

test('what the destination asks for is obeyed where it is longer, but not for days', () => {
  expect(waitMs(0, 30_000, 0)).toBe(30_000)
  expect(waitMs(3, 1_000, 0)).toBe(8_000)
  expect(waitMs(0, 10 * 86_400_000, 0)).toBe(3_600_000)
})
