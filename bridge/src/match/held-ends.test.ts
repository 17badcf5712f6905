// What would break: a late start that finds no end though it came, or ends that are kept for ever.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { atNsOf, probeEvent } from '../../test/probe-events.ts'
import { timeOfNs } from '../time/instant.ts'
import { HeldEnds } from './held-ends.ts'

const endAt = (at: number, key = 'k') => probeEvent({ phase: 'end', atNs: BigInt(at), key })
const startAt = (at: number, key = 'k') => probeEvent({ atNs: BigInt(at), key })

test('a start takes the first end of its key that came when it began or later', () => {
  const held = new HeldEnds([1, 0])
  for (const at of [5, 9, 12]) held.add(endAt(at))
  held.add(endAt(9, 'other'))
  const taken = held.take(startAt(7))
  expect(taken && atNsOf(taken)).toBe(9n)
  expect(held.take(startAt(13))).toBeUndefined()
  expect(held.size).toBe(3)
})

test('every end is taken or given up exactly once, and no more are held than may be', () => {
  const step = fc.record({ at: fc.nat(50), key: fc.constantFrom('a', 'b'), take: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step), fc.integer({ min: 1, max: 6 }), (steps, heldMax) => {
      const held = new HeldEnds([0, 20], heldMax)
      const sizes: number[] = []
      let added = 0
      let gone = 0
      for (const { at, key, take } of steps) {
        if (take) gone += held.take(startAt(at, key)) ? 1 : 0
        else {
          gone += held.add(endAt(at, key))
          added += 1
        }
        sizes.push(held.size)
      }
      gone += held.expire(timeOfNs(10n ** 12n))
      expect(gone).toBe(added)
      expect(held.size).toBe(0)
      expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(heldMax)
    }),
  )
})

test('an end is given up when its time has passed, not before', () => {
  const held = new HeldEnds([0, 20])
  held.add(endAt(5))
  expect(held.expire(timeOfNs(24n))).toBe(0)
  expect(held.expire(timeOfNs(25n))).toBe(1)
})
