import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ticksOf } from './ticks.ts'

test.each([
  [1_234_000n, 6, ['0 ns', '500 µs', '1 ms']],
  [10_000_000n, 6, ['0 ns', '2 ms', '4 ms', '6 ms', '8 ms', '10 ms']],
  [240_000_000_000n, 5, ['0 ns', '1 min', '2 min', '3 min', '4 min']],
  [3n, 6, ['0 ns', '1 ns', '2 ns', '3 ns']],
  [0n, 6, ['0 ns']],
])('an axis of %s ns with up to %s ticks', (lengthNs, countMax, labels) => {
  expect(ticksOf(lengthNs, countMax).map((tick) => tick.label)).toEqual(labels)
})

test('ticks never crowd: any axis has from one to the allowed number of them, all on it', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 20n }),
      fc.integer({ min: 2, max: 20 }),
      (lengthNs, countMax) => {
        const ticks = ticksOf(lengthNs, countMax)
        expect(ticks.length).toBeGreaterThanOrEqual(1)
        expect(ticks.length).toBeLessThanOrEqual(countMax)
        for (const tick of ticks) {
          expect(tick.fraction).toBeGreaterThanOrEqual(0)
          expect(tick.fraction).toBeLessThanOrEqual(1)
        }
      },
    ),
  )
})
