import type { HrTime } from '@opentelemetry/api'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareTimes } from '../time/instant.ts'
import { SortedRuns } from './sorted-runs.ts'

type Item = { at: HrTime; sequence: number }

const times = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 5 })))

test('items come out by time, those of equal time as they came', () => {
  fc.assert(
    fc.property(times, (all) => {
      const runs = new SortedRuns<Item>()
      const items = all.map(([seconds, nanoseconds], sequence): Item => ({
        at: [seconds, nanoseconds],
        sequence,
      }))
      for (const item of items) runs.push(item)
      expect(runs.size).toBe(items.length)
      const out = items.map(() => runs.take())
      expect(out).toEqual(items.toSorted((a, b) => compareTimes(a.at, b.at) || a.sequence - b.sequence))
      expect(runs.take()).toBeUndefined()
      expect(runs.first()).toBeUndefined()
      expect(runs.size).toBe(0)
    }),
  )
})

test('what is taken is the earliest of what is there, also while more comes', () => {
  const step = fc.oneof(fc.constant('take' as const), fc.integer({ min: 0, max: 9 }))
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const runs = new SortedRuns<Item>()
      const model: Item[] = []
      const taken: (Item | undefined)[] = []
      const expected: (Item | undefined)[] = []
      for (const [sequence, seconds] of steps.entries()) {
        if (seconds === 'take') {
          model.sort((a, b) => compareTimes(a.at, b.at) || a.sequence - b.sequence)
          taken.push(runs.first(), runs.take())
          expected.push(model[0], model.shift())
        } else {
          const item: Item = { at: [seconds, 0], sequence }
          runs.push(item)
          model.push(item)
        }
      }
      expect(taken).toEqual(expected)
    }),
  )
})

test('a long stream comes out whole, however much of it is held', () => {
  const runs = new SortedRuns<Item>()
  const out: (number | undefined)[] = []
  for (let sequence = 0; sequence < 10_000; sequence += 1) {
    runs.push({ at: [sequence, 0], sequence })
    if (sequence >= 10) out.push(runs.take()?.sequence)
  }
  expect(out).toEqual(Array.from({ length: 9990 }, (_, sequence) => sequence))
  expect(runs.size).toBe(10)
})
