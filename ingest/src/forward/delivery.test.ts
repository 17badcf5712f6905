import { expect, test } from 'vitest'
import { retryAfterMs } from './delivery.ts'
import { backoffMs } from './forward.ts'

test('Retry-After is read as seconds or as a date', () => {
  const nowMs = Date.parse('2026-01-01T00:00:00Z')
  expect(retryAfterMs('5', nowMs)).toBe(5_000)
  expect(retryAfterMs('Thu, 01 Jan 2026 00:00:30 GMT', nowMs)).toBe(30_000)
  expect(retryAfterMs('Wed, 31 Dec 2025 00:00:00 GMT', nowMs)).toBe(0)
  expect(retryAfterMs('soon', nowMs)).toBeUndefined()
  expect(retryAfterMs(null, nowMs)).toBeUndefined()
})

test('waits double from one second to a minute', () => {
  expect([0, 1, 2, 3, 6, 7, 500].map(backoffMs)).toEqual([1_000, 2_000, 4_000, 8_000, 60_000, 60_000, 60_000])
})
