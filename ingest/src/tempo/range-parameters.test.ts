import { expect, test } from 'vitest'
import { RequestFault } from '../faults.ts'
import { Parameters } from '../go-values/parameters.ts'
import { metricsRange, searchRange, steppedRange } from './range-parameters.ts'

const second = 1_000_000_000n
const now = 1_700_000_000n * second

test('of searches: seconds, either alone, zero for none', () => {
  expect(searchRange(new Parameters({ start: '10', end: '20' }))).toEqual({
    start: 10n * second,
    end: 20n * second,
  })
  expect(searchRange(new Parameters({ start: '0', end: '0' }))).toEqual({ start: undefined, end: undefined })
  expect(searchRange(new Parameters({ end: '20' }))).toEqual({ start: undefined, end: 20n * second })
  expect(() => searchRange(new Parameters({ start: '20', end: '20' }))).toThrow(RequestFault)
})

test('of metrics: the last hour, since, or what is given in whatever form', () => {
  const range = (query: object) => metricsRange(new Parameters(query), now)
  expect(range({})).toEqual({ start: now - 3_600n * second, end: now })
  expect(range({ since: '15m' })).toEqual({ start: now - 900n * second, end: now })
  expect(range({ since: '1d', end: '1699999000' })).toEqual({
    start: now - 87_400n * second,
    end: now - 1_000n * second,
  })
  expect(range({ start: '1699990000000000001', end: '2023-11-14T22:13:20Z' })).toEqual({
    start: now - 10_000n * second + 1n,
    end: now,
  })
  // An end in the future does not move the start there.
  expect(range({ end: '1700003600' })).toEqual({ start: now - 3_600n * second, end: now + 3_600n * second })
})

const stepped = (query: object, rangeSeconds: bigint) =>
  steppedRange(new Parameters(query), { start: now - rangeSeconds * second, end: now })

test('a range begins and ends on whole steps, and holds what was asked for', () => {
  const { start, end, stepNano } = stepped({ step: '7s' }, 60n)
  expect([start % stepNano, end % stepNano, stepNano]).toEqual([0n, 0n, 7n * second])
  expect(now - 60n * second - start).toBeLessThan(stepNano)
  expect(end - now).toBeLessThan(stepNano)
  expect([start <= now - 60n * second, end >= now]).toEqual([true, true])
})

test.for([
  [{}, 3_600n, 15n],
  [{}, 86_400n, 300n],
  [{}, 300n, 1n],
  [{ step: '0' }, 3_600n, 15n],
  [{ step: '30' }, 3_600n, 30n],
  [{ step: '1m0s' }, 3_600n, 60n],
] as const)('%j over %d s is a step of %d s', ([query, seconds, step]) => {
  expect(stepped(query, seconds).stepNano).toBe(step * second)
})

test('too many steps are refused', () => {
  expect(() => stepped({ step: '1ms' }, 3_600n)).toThrow(/more than 11000/)
  expect(() => stepped({ step: 'soon' }, 3_600n)).toThrow(/step is "soon"/)
})
