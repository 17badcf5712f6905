// What would break: a span that lacks something and does not say so, or one that says so though it lacks nothing.
import { expect, test } from 'vitest'
import { Gaps } from './gaps.ts'

test('a gap that goes on has no end; one that has ended is over', () => {
  const gaps = new Gaps()
  expect(gaps.overlap([0, 0], [9, 0])).toBe(false)
  gaps.close([1, 0])
  gaps.open([2, 0])
  gaps.open([3, 0])
  expect(gaps.overlap([1, 0], [2, 0])).toBe(false)
  expect(gaps.overlap([1, 0], [2, 1])).toBe(true)
  expect(gaps.overlap([50, 0], [60, 0])).toBe(true)
  gaps.close([4, 0])
  gaps.close([40, 0])
  expect(gaps.overlap([3, 0], [9, 0])).toBe(true)
  expect(gaps.overlap([4, 0], [9, 0])).toBe(false)
})

test('the oldest are forgotten, the last are not', () => {
  const gaps = new Gaps()
  for (let at = 0; at < 40; at += 2) {
    gaps.open([at, 0])
    gaps.close([at + 1, 0])
  }
  expect(gaps.overlap([0, 0], [1, 0])).toBe(false)
  expect(gaps.overlap([38, 0], [39, 0])).toBe(true)
  expect(gaps.overlap([36, 0], [37, 0])).toBe(true)
})
