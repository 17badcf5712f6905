import { expect, test } from 'vitest'
import { Recent } from './recent.ts'

test('what was used longest ago is made anew first, and nothing is kept beyond the size but what was asked for last', () => {
  const made: number[] = []
  const recent = new Recent<number>(10, (value) => value)
  const get = (key: number, size: number) =>
    recent.get(key, () => {
      made.push(key)
      return size
    })
  get(1, 4)
  get(2, 4)
  get(1, 4)
  get(3, 4)
  expect(made).toEqual([1, 2, 3])
  get(1, 4)
  get(2, 4)
  expect(made).toEqual([1, 2, 3, 2])
  expect(get(4, 99)).toBe(99)
  get(4, 99)
  get(1, 4)
  expect(made).toEqual([1, 2, 3, 2, 4, 1])
})
