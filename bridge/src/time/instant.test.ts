import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addTimes, compareTimes, nsOfTime, subtractTimes, timeOfMs, timeOfNs } from './instant.ts'

const nanoseconds = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n })

test('a time is the nanoseconds it was made of, and calculates like them', () => {
  fc.assert(
    fc.property(nanoseconds, nanoseconds, (a, b) => {
      expect(nsOfTime(timeOfNs(a))).toBe(a)
      expect(nsOfTime(addTimes(timeOfNs(a), timeOfNs(b)))).toBe(a + b)
      expect(nsOfTime(subtractTimes(timeOfNs(a), timeOfNs(b)))).toBe(a - b)
      expect(Math.sign(compareTimes(timeOfNs(a), timeOfNs(b)))).toBe(a < b ? -1 : a > b ? 1 : 0)
    }),
  )
})

test('nanoseconds of a time lie between 0 and a second', () => {
  fc.assert(
    fc.property(nanoseconds, (a) => {
      const [, rest] = timeOfNs(a)
      expect(rest >= 0 && rest < 1e9).toBe(true)
    }),
  )
})

test('milliseconds', () => {
  expect(timeOfMs(250)).toEqual([0, 250_000_000])
  expect(timeOfMs(61_500)).toEqual([61, 500_000_000])
})
