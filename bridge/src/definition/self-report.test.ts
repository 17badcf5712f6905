// What would break: events compared with the counts of another second, which would be losses that never were.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { counterOf, countsIn, progressIn, readyIn, secondOf } from './self-report.ts'

test('a count’s second is that of its events, for as long as no later one has the same count', () => {
  const seconds = fc.integer({ min: 8, max: 4_000_000_000 })
  fc.assert(
    fc.property(seconds, fc.nat(500), fc.nat(7), (second, block, later) => {
      const counter = counterOf(block, [second, 5])
      expect(secondOf(counter, [second + later, 0])).toBe(second)
      expect(counterOf(block, [second + 8, 0])).toBe(counter)
      const printed = { '@events': { [`${block},${second % 8}`]: 7 } }
      expect(countsIn(printed)).toEqual(new Map([[counter, 7]]))
    }),
  )
})

test('only the program’s own tuples are taken for its report', () => {
  expect(readyIn(['probespan', 'ready', 5])).toEqual({ at: [0, 5] })
  expect(readyIn(['probespan', 'progress', 5, 0, 1])).toBeUndefined()
  expect(progressIn(['probespan', 'progress', 5, 1, 2])).toEqual({ at: [0, 5], buffer: 1, buffers: 2 })
  for (const tuple of [
    ['order', 'progress', 5, 0, 1],
    ['probespan', 'progress', -1, 0, 1],
    ['probespan', 'progress', 5],
  ]) {
    expect(progressIn(tuple)).toBeUndefined()
  }
  expect(countsIn({ '@mine': { '0,0': 1 } })).toBeUndefined()
})
