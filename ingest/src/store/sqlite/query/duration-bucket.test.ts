import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketOf, bucketUpTo, DurationCounts } from './duration-bucket.ts'

test('a duration lies in its bucket, and every power of two is a border', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: Number.MAX_SAFE_INTEGER }), (nano) => {
      const bucket = bucketOf(nano)
      // Borders that are no whole numbers are exact to a part in 2^50.
      expect(nano).toBeLessThanOrEqual(bucketUpTo(bucket) * (1 + 2 ** -50))
      expect(nano).toBeGreaterThan(bucketUpTo(bucket - 1) * (1 - 2 ** -50))
    }),
  )
  for (let power = 1; power < 46; power++) {
    expect(bucketOf(2 ** power)).toBe(8 * power)
    // Of short ones the next nanosecond may be more than a bucket away.
    expect(bucketOf(2 ** power * (1 + 2 ** -5))).toBe(8 * power + 1)
  }
  expect([-5, 0, 1].map(bucketOf)).toEqual([0, 0, 0])
})

test('quantiles of counts, added in parts and in any order, are right to a bucket', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 2, max: 10 ** 12 }), { minLength: 1, maxLength: 60 }),
      fc.constantFrom(0.01, 0.5, 0.95, 0.99, 1),
      (durations, part) => {
        const parts = [new DurationCounts(), new DurationCounts()]
        for (const [at, nano] of durations.entries()) {
          parts[at % 2]?.add(Uint16Array.of(bucketOf(nano)), Uint16Array.of(1), 0, 1)
        }
        const all = new DurationCounts()
        for (const one of parts) all.addAll(one)
        expect(all.total).toBe(durations.length)
        const sorted = durations.toSorted((a, b) => a - b)
        const wanted = sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0
        expect(Math.abs(Math.log2(all.quantile(part) / wanted))).toBeLessThanOrEqual(1 / 8 + 1e-9)
      },
    ),
  )
  expect(new DurationCounts().quantile(0.5)).toBe(0)
})
