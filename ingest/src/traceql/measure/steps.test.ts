// How ranges become steps, and values buckets.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketOf, quantileOf } from './log2-histogram.ts'
import { rangeFault, Steps } from './steps.ts'

/** On a busy machine. */
const propertyMs = 60_000

test('a range is widened to whole steps, each with its end and without its start', () => {
  const steps = new Steps({ start: 1_050n, end: 1_390n, stepNano: 100n })
  expect(steps.count).toBe(4)
  expect(steps.range).toEqual({ start: 1_001n, end: 1_401n })
  expect([1_000n, 1_001n, 1_100n, 1_101n, 1_400n, 1_401n].map((at) => steps.at(at))).toEqual([
    -1, 0, 0, 1, 3, -1,
  ])
  expect([0, 3].map((step) => steps.endOf(step))).toEqual([1_100n, 1_400n])
})

test('a range of one step is taken as it is, with both ends', () => {
  const steps = new Steps({ start: 1_050n, end: 1_390n, stepNano: 340n })
  expect(steps.count).toBe(1)
  expect([1_049n, 1_050n, 1_390n, 1_391n].map((at) => steps.at(at))).toEqual([-1, 0, 0, -1])
  expect(steps.endOf(0)).toBe(1_390n)
})

test(
  'every time in range is in the step that ends at it or next after it',
  () => {
    const nano = (max: bigint) => fc.bigInt({ min: 1n, max })
    fc.assert(
      fc.property(
        nano(2n ** 61n),
        nano(10n ** 15n),
        nano(10n ** 12n),
        nano(10n ** 15n),
        (start, length, step, after) => {
          fc.pre(length / step < 10_000n && length !== step)
          const steps = new Steps({ start, end: start + length, stepNano: step })
          const at = start + (after % length) + 1n
          const found = steps.at(at)
          expect(at <= steps.endOf(found) && at > steps.endOf(found) - step).toBe(true)
        },
      ),
    )
  },
  propertyMs,
)

test.each([
  [{ start: 5n, end: 5n, stepNano: 1n }, /end of the range \(5\) is not behind its start \(5\)/],
  [{ start: 5n, end: 9n, stepNano: 0n }, /step of 0 ns is none/],
  [{ start: 0n, end: 20_000n, stepNano: 1n }, /20000 steps is more than 11000: take a longer step/],
])('%o is no range', (range, words) => {
  expect(rangeFault(range)).toMatch(words)
})

test(
  'buckets are powers of two, durations in seconds',
  () => {
    const int = (value: bigint) => bucketOf({ type: 'int', value })
    expect([-3n, 0n, 1n, 2n, 3n, 4n, 5n, 1_000n].map(int)).toEqual([1, 1, 1, 2, 4, 4, 8, 1_024])
    expect(bucketOf({ type: 'duration', nano: 1_000_000n })).toBe(2 ** 20 / 1e9)
    expect([0, 0.3, 0.5, 3.5].map((value) => bucketOf({ type: 'float', value }))).toEqual([
      2 ** -30,
      0.5,
      0.5,
      4,
    ])
    expect(bucketOf({ type: 'string', value: '5' })).toBeUndefined()
    fc.assert(
      fc.property(fc.bigInt({ min: 2n, max: 2n ** 62n }), (value) => {
        const upper = int(value) ?? 0
        expect(Math.log2(upper) % 1).toBe(0)
        expect(upper >= Number(value) && upper / 2 < Number(value)).toBe(true)
      }),
    )
  },
  propertyMs,
)

test('a quantile lies in the bucket that it falls in', () => {
  const counts = new Map([
    [8, 1],
    [2, 2],
    [4, 1],
  ])
  expect([0, 0.25, 0.5, 0.75, 1].map((quantile) => quantileOf(quantile, counts))).toEqual([
    Math.SQRT2,
    Math.SQRT2,
    2,
    4,
    8,
  ])
  expect(quantileOf(0.5, new Map())).toBeNaN()
})
