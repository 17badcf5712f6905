import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatExact, formatLocal } from './time.ts'

test('an exact time keeps every nanosecond, leading zeros included', () => {
  expect(formatExact(1_795_151_521_000_000_007n)).toBe('2026-11-20T05:12:01.000000007Z')
  expect(formatExact(0n)).toBe('1970-01-01T00:00:00.000000000Z')
})

test('an exact time reads back to the same nanosecond', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (unixNano) => {
      const [, seconds, fraction] = /^(.{19})\.(\d{9})Z$/.exec(formatExact(unixNano))!
      expect(BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction!)).toBe(unixNano)
    }),
  )
})

test('a local time is in the reader’s zone and cut to the millisecond', () => {
  expect(formatLocal(1_795_151_521_999_999_999n, 'Europe/Helsinki')).toEqual({
    date: '20 Nov 2026',
    time: '07:12:01.999',
  })
  expect(formatLocal(1_795_132_800_000_000_000n, 'UTC').time).toBe('00:00:00.000')
})
