import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDuration } from './duration.ts'

test.each([
  [0n, '0 ns'],
  [980n, '980 ns'],
  [1_000n, '1 µs'],
  [1_234n, '1.234 µs'],
  [999_999n, '999.999 µs'],
  [1_234_000n, '1.234 ms'],
  [1_234_499n, '1.234 ms'],
  [1_234_500n, '1.235 ms'],
  [10_000_000n, '10 ms'],
  [999_999_499n, '999.999 ms'],
  [999_999_500n, '1 s'],
  [2_500_000_000n, '2.5 s'],
  [59_999_499_999n, '59.999 s'],
  [59_999_500_000n, '1 min 0 s'],
  [60_000_000_000n, '1 min 0 s'],
  [184_000_000_000n, '3 min 4 s'],
  [184_499_999_999n, '3 min 4 s'],
  [239_500_000_000n, '4 min 0 s'],
  [-12_000n, '-12 µs'],
  [-980n, '-980 ns'],
])('%s ns reads as %s', (durationNs, text) => {
  expect(formatDuration(durationNs)).toBe(text)
})

test('what is shown is never further from the truth than half of its last decimal', () => {
  const unitNs: Record<string, bigint> = {
    ns: 1n,
    µs: 1_000n,
    ms: 1_000_000n,
    s: 1_000_000_000n,
    min: 60_000_000_000n,
  }
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), (durationNs) => {
      const parts = formatDuration(durationNs).matchAll(/(\d+)(?:\.(\d{1,3}))? (ns|µs|ms|s|min)/g)
      let shownNs = 0n
      let lastUnit = 1n
      for (const [, whole, fraction = '', unit] of parts) {
        lastUnit = unitNs[unit!]!
        shownNs += BigInt(whole!) * lastUnit + (BigInt(fraction.padEnd(3, '0')) * lastUnit) / 1_000n
      }
      const error = shownNs > durationNs ? shownNs - durationNs : durationNs - shownNs
      const toleranceNs =
        durationNs >= 59_999_500_000n ? 500_000_000n : lastUnit / 2_000n + (lastUnit > 1n ? 1n : 0n)
      expect(error).toBeLessThanOrEqual(toleranceNs)
    }),
  )
})

test('a longer duration is never shown with more than 999 of a unit that has a larger one', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 59_999_499_999n }), (durationNs) => {
      const [, whole, unit] = /^(\d+)(?:\.\d+)? (ns|µs|ms|s)$/.exec(formatDuration(durationNs))!
      expect(Number(whole)).toBeLessThan(unit === 's' ? 60 : 1000)
    }),
  )
})
