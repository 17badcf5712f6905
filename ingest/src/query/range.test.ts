import { expect, test } from 'vitest'
import { rangeOf, stepOf, usualStep, wholeRangeOf } from './range.ts'

const hour = 3_600_000_000_000n

test('times beyond 64 bits are the last there is; a range that holds nothing is refused', () => {
  expect(rangeOf({ start: '5', end: '99999999999999999999' })).toEqual({ start: 5n, end: 2n ** 63n - 1n })
  expect(rangeOf({})).toEqual({ start: undefined, end: undefined })
  expect(() => rangeOf({ start: '5', end: '5' })).toThrow('start (5) must be before end (5)')
})

test('figures are of the hour before the end, or before now, unless said', () => {
  expect(wholeRangeOf({}, 7_200_000)).toEqual({ start: hour, end: 2n * hour })
  expect(wholeRangeOf({ end: String(3n * hour) }, 0)).toEqual({ start: 2n * hour, end: 3n * hour })
  expect(wholeRangeOf({ end: '5' }, 0)).toEqual({ start: 0n, end: 5n })
  expect(() => wholeRangeOf({ start: String(hour) }, 3_600_000)).toThrow('must be before now')
})

test('steps are a sixtieth of the range, and never too many', () => {
  expect(usualStep({ start: 0n, end: hour })).toBe(60_000_000_000n)
  expect(usualStep({ start: 0n, end: 5n })).toBe(1_000_000_000n)
  expect(stepOf('1800000000', { start: 0n, end: hour })).toBe(1_800_000_000n)
  expect(() => stepOf('1799999999', { start: 0n, end: hour })).toThrow(
    '2001 steps of the range, more than 2000. Give 1800000000 or more',
  )
})
