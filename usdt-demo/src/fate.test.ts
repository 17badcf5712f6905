// What would break: a demo in which nothing ever fails or is slow, or delays outside of what its pages promise.
import { assert, integer, property } from 'fast-check'
import { expect, test } from 'vitest'
import { drawFate, slowDelayMs, usualDelayMs } from './fate.ts'
import { seededRandom } from './random.ts'

const drawn = 10_000

test('about 5% are slow, 3% fail and 5% are declined', () => {
  const random = seededRandom(7)
  const fates = Array.from({ length: drawn }, () => drawFate(random))
  const share = (count: number): number => count / drawn
  expect(share(fates.filter((fate) => fate.firstQueryDelayMs >= slowDelayMs.least).length)).toBeCloseTo(
    0.05,
    1.5,
  )
  expect(share(fates.filter((fate) => fate.queryFails).length)).toBeCloseTo(0.03, 1.5)
  expect(share(fates.filter((fate) => fate.paymentDeclined).length)).toBeCloseTo(0.05, 1.5)
})

test('every delay lies in its range, and the same seed gives the same fate', () => {
  assert(
    property(integer(), (seed) => {
      const fate = drawFate(seededRandom(seed))
      for (const delayMs of [fate.laterQueryDelayMs, fate.paymentDelayMs]) {
        expect(delayMs).toBeGreaterThanOrEqual(usualDelayMs.least)
        expect(delayMs).toBeLessThanOrEqual(usualDelayMs.most)
      }
      expect(fate.firstQueryDelayMs).toBeGreaterThanOrEqual(usualDelayMs.least)
      expect(fate.firstQueryDelayMs).toBeLessThanOrEqual(slowDelayMs.most)
      expect(drawFate(seededRandom(seed))).toEqual(fate)
    }),
  )
})
