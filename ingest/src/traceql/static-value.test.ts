// Values of different types, beside each other.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Static } from './ast.ts'
import { arithmetic, compare, keyOf, orderOf } from './static-value.ts'

/** On a busy machine. */
const propertyMs = 60_000

const string = (value: string): Static => ({ type: 'string', value })
const int = (value: bigint): Static => ({ type: 'int', value })
const float = (value: number): Static => ({ type: 'float', value })

test(
  'strings are in the order of their UTF-8 bytes',
  () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
        expect(Math.sign(orderOf(string(one), string(other)) ?? 0)).toBe(
          Buffer.compare(Buffer.from(one), Buffer.from(other)),
        )
      }),
    )
    expect(orderOf(string('\uffff'), string('🐦'))).toBeLessThan(0)
  },
  propertyMs,
)

test('whole numbers, floats and durations compare as numbers, exactly', () => {
  expect(compare('=', int(5n), float(5))).toBe(true)
  expect(compare('<', int(5n), { type: 'duration', nano: 6n })).toBe(true)
  expect(compare('=', int(2n ** 53n + 1n), float(2 ** 53))).toBe(false)
  expect(compare('>', int(2n ** 53n + 1n), float(2 ** 53))).toBe(true)
  expect(compare('=', float(0), float(-0))).toBe(true)
})

test('what cannot be compared is neither equal nor unequal', () => {
  for (const [one, other] of [
    [int(5n), string('5')],
    [{ type: 'boolean', value: true }, string('true')],
    [{ type: 'nil' }, { type: 'nil' }],
    [
      { type: 'status', status: 'OK' },
      { type: 'kind', kind: 'SERVER' },
    ],
  ] satisfies [Static, Static][])
    for (const op of ['=', '!=', '<', '<=', '>', '>='] as const) expect(compare(op, one, other)).toBe(false)
  expect(compare('!=', float(Number.NaN), int(1n))).toBe(true)
  expect(compare('=', float(Number.NaN), float(Number.NaN))).toBe(false)
})

test('whole numbers stay within 64 bits, and powers of them take no memory', () => {
  const max = 2n ** 63n - 1n
  expect(arithmetic('+', int(max), int(1n))).toEqual(int(-max - 1n))
  expect(arithmetic('^', int(2n), int(62n))).toEqual(int(2n ** 62n))
  expect(arithmetic('^', int(2n), int(63n))).toEqual(float(2 ** 63))
  expect(arithmetic('^', int(9n), int(max))).toEqual(float(Number.POSITIVE_INFINITY))
  expect(arithmetic('^', int(2n), int(-1n))).toEqual(float(0.5))
  expect(arithmetic('/', int(-7n), int(2n))).toEqual(int(-3n))
  expect(arithmetic('/', int(1n), int(0n))).toBeUndefined()
  expect(arithmetic('+', int(1n), string('1'))).toBeUndefined()
})

test('keys of groups are equal for equal values of one type only', () => {
  const values = [
    int(1n),
    float(1),
    string('1'),
    { type: 'duration' as const, nano: 1n },
    { type: 'nil' as const },
  ]
  expect(new Set(values.map(keyOf)).size).toBe(values.length)
})
