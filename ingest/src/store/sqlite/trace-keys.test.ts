import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { keyOf, offsetsOf, pageOf, sortedKeys } from './trace-keys.ts'

test('a page has for each key its blocks, for any other none', () => {
  const entries = fc.array(fc.tuple(fc.bigInt(-20n, 20n), fc.nat(50)), { maxLength: 40 })
  fc.assert(
    fc.property(entries, fc.bigInt(-21n, 21n), (given, asked) => {
      const sorted = [...given].sort((a, b) => (a[0] === b[0] ? a[1] - b[1] : a[0] < b[0] ? -1 : 1))
      const page = pageOf(
        BigInt64Array.from(sorted, ([key]) => key),
        Uint32Array.from(sorted, ([, offset]) => offset),
      )
      expect(offsetsOf(page, asked)).toEqual(
        sorted.filter(([key]) => key === asked).map(([, offset]) => offset),
      )
    }),
  )
})

test('keys of ids are sorted, each once', () => {
  const ids = ['f', '2', 'f', '0'].map((digit) => digit.repeat(32))
  const keys = sortedKeys(Buffer.from(ids.join(''), 'hex'))
  expect([...keys]).toEqual([keyOf('f'.repeat(32)), 0n, keyOf('2'.repeat(32))])
})
