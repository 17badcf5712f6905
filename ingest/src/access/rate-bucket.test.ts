import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRateBucket } from './rate-bucket.ts'

test('a second’s worth at once, then as it fills', () => {
  const bucket = createRateBucket(2, 0)
  bucket.take(1, 0)
  bucket.take(1, 0)
  expect(bucket.waitMs(0)).toBe(500)
  expect(bucket.waitMs(250)).toBe(250)
  expect(bucket.waitMs(500)).toBe(0)
  bucket.take(1, 500)
  expect(bucket.waitMs(500)).toBe(500)
})

test('more than there is may be taken, and is waited for', () => {
  const bucket = createRateBucket(1_000, 0)
  bucket.take(10_000, 0)
  expect(bucket.waitMs(0)).toBe(9_001)
  expect(bucket.waitMs(9_001)).toBe(0)
})

test('over any time, what is taken is at most rate × time, one second’s worth and one request more', () => {
  const steps = fc.array(fc.tuple(fc.nat(2_000), fc.integer({ min: 1, max: 500 })), { maxLength: 200 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), steps, (perSecond, requests) => {
      const bucket = createRateBucket(perSecond, 0)
      let [nowMs, taken, largest] = [0, 0, 0]
      for (const [pauseMs, amount] of requests) {
        nowMs += pauseMs
        if (bucket.waitMs(nowMs) > 0) continue
        bucket.take(amount, nowMs)
        taken += amount
        largest = Math.max(largest, amount)
      }
      expect(taken).toBeLessThanOrEqual((nowMs / 1000) * perSecond + perSecond + largest + 0.001)
    }),
  )
})
