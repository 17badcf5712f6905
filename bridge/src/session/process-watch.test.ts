// What would break: an end that is never noticed because other processes are looked at all the time, or a look at all
// of thousands of processes at once.
import { expect, test } from 'vitest'
import { ProcessWatch } from './process-watch.ts'

test('of many processes each is looked at in its turn, and those that have ended are told', () => {
  const looked: number[] = []
  const watch = new ProcessWatch((pid) => {
    looked.push(pid)
    return pid === 110 ? [7, 5] : undefined
  })
  const pids = Array.from({ length: 120 }, (_, index) => index + 1)
  const ended = [1, 2, 3].map(() => watch.ended(() => pids))
  expect(ended).toEqual([[], [], [{ pid: 110, at: [7, 5] }]])
  expect(looked).toEqual(pids)
  watch.ended(() => [5])
  expect(looked.slice(120)).toEqual([5])
})

test('where nothing is open nothing is looked at', () => {
  const watch = new ProcessWatch(() => [1, 0])
  expect(watch.ended(() => [])).toEqual([])
})
