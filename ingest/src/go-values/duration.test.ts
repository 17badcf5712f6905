import fc from 'fast-check'
import { expect, test } from 'vitest'
import { goDurationOf, goDurationText, prometheusDurationOf } from './duration.ts'

test.for([
  ['0', 0n],
  ['100ms', 100_000_000n],
  ['1.5s', 1_500_000_000n],
  ['.5s', 500_000_000n],
  ['1h2m3.004s', 3_723_004_000_000n],
  ['1µs', 1_000n],
  ['2us', 2_000n],
  ['-3ns', -3n],
  ['1.0000000001s', 1_000_000_000n],
] as const)('%s', ([text, nanos]) => expect(goDurationOf(text)).toBe(nanos))

test.for(['', '5', 's', '1 s', '1d', '1x', '1s2', '9999999h', '1e3s'])('%j is no duration', (text) =>
  expect(goDurationOf(text)).toBeUndefined(),
)

test('Prometheus knows days', () => expect(prometheusDurationOf('1d12h')).toBe(129_600_000_000_000n))

test.for([
  [0n, '0s'],
  [999n, '999ns'],
  [1_500n, '1.5µs'],
  [250_000_000n, '250ms'],
  [60_000_000_000n, '1m0s'],
  [3_723_004_000_000n, '1h2m3.004s'],
  [-1_000_000n, '-1ms'],
] as const)('%s ns is %s', ([nanos, text]) => expect(goDurationText(nanos)).toBe(text))

test('what is written is read as the same', () => {
  fc.assert(
    fc.property(fc.bigInt(-(2n ** 62n), 2n ** 62n), (nanos) => {
      expect(goDurationOf(goDurationText(nanos))).toBe(nanos)
    }),
  )
})
