// What would break: events of a CPU whose buffer is read late taken for lost, or passed by.
import { expect, test } from 'vitest'
import { Progress } from './progress.ts'

test('everything has arrived until the time of the buffer that is furthest behind, once each has told', () => {
  const progress = new Progress()
  expect(progress.certain).toBeUndefined()
  const tell = (buffer: number, second: number) => {
    progress.advance({ at: [second, 0], buffer, buffers: 3 })
    return progress.certain
  }
  expect([tell(0, 5), tell(4, 6), tell(0, 7)]).toEqual([undefined, undefined, undefined])
  expect([tell(1, 6), tell(0, 9), tell(4, 8), tell(1, 10)]).toEqual([
    [6, 0],
    [6, 0],
    [6, 0],
    [8, 0],
  ])
})

test('a CPU that tells nothing any more is not waited for, but nothing is certain without it', () => {
  const progress = new Progress()
  progress.advance({ at: [5, 0], buffer: 0, buffers: 2 })
  for (const second of [6, 15, 16]) {
    progress.advance({ at: [second, 0], buffer: 1, buffers: 2 })
    expect(progress.certain).toEqual([5, 0])
    expect(progress.likely).toEqual([second === 16 ? 16 : 5, 0])
  }
  progress.advance({ at: [14, 0], buffer: 0, buffers: 2 })
  expect(progress.likely).toEqual([14, 0])
})

test('a CPU that never tells is waited for no longer', () => {
  const progress = new Progress()
  const likely = [5, 15, 16].map((second) => {
    progress.advance({ at: [second, 0], buffer: 0, buffers: 2 })
    return progress.likely
  })
  expect(likely).toEqual([undefined, undefined, [16, 0]])
  expect(progress.certain).toBeUndefined()
})
