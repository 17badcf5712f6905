import type { HrTime } from '@opentelemetry/api'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareTimes } from '../time/instant.ts'
import { SortedRuns } from './sorted-runs.ts'

type Item = { at: HrTime; sequence: number }

const times = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 5 })))
const inOrder = (a: Item, b: Item): number => compareTimes(a.at, b.at) || a.sequence - b.sequence

test('items come out by time, those of equal time as they came', () => {
  fc.assert(
    fc.property(times, (all) => {
      const runs = new SortedRuns()
      const items = all.map(([seconds, nanoseconds], sequence): Item => ({
        at: [seconds, nanoseconds],
        sequence,
      }))
      for (const { at, sequence } of items) runs.push(at, sequence)
      expect(runs.size).toBe(items.length)
      const out = items.map(() => runs.take())
      expect(out).toEqual(items.toSorted(inOrder).map(({ sequence }) => sequence))
      expect(runs.take()).toBeUndefined()
      expect(runs.hasUntil([Infinity, 0])).toBe(false)
      expect(runs.size).toBe(0)
    }),
  )
})

test('what is taken is the earliest of what is there, also while more comes', () => {
  const step = fc.oneof(fc.constant('take' as const), fc.integer({ min: 0, max: 9 }))
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const runs = new SortedRuns()
      const model: Item[] = []
      const taken: unknown[] = []
      const expected: unknown[] = []
      for (const [sequence, seconds] of steps.entries()) {
        if (seconds === 'take') {
          const first = model.sort(inOrder).shift()
          const at = first?.at ?? [Infinity, 0]
          taken.push(runs.hasUntil(at), runs.hasUntil([at[0] - 1, 0]), runs.take())
          expected.push(first !== undefined, false, first?.sequence)
        } else {
          runs.push([seconds, 0], sequence)
          model.push({ at: [seconds, 0], sequence })
        }
      }
      expect(taken).toEqual(expected)
    }),
  )
})

test('a long stream comes out whole, however much of it is held', () => {
  for (const held of [10, 1000]) {
    const runs = new SortedRuns()
    const out: (number | undefined)[] = []
    for (let sequence = 0; sequence < 10_000; sequence += 1) {
      runs.push([sequence, 0], sequence)
      if (sequence >= held) out.push(runs.take())
    }
    expect(out).toEqual(Array.from({ length: 10_000 - held }, (_, sequence) => sequence))
    expect(runs.size).toBe(held)
  }
})
