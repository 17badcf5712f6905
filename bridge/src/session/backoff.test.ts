// What would break: a bridge that stays blind for long after one death of bpftrace, or one that starts it without pause.
import { expect, test } from 'vitest'
import { Backoff, type Reached } from './backoff.ts'

const delays = (reached: Reached, count: number, lastedMs = 50): number[] => {
  const backoff = new Backoff()
  return Array.from({ length: count }, () => backoff.after({ lastedMs, reached }))
}

test('each wait is twice the one before, up to what the run had reached', () => {
  expect(delays('attached', 5)).toEqual([100, 200, 200, 200, 200])
  expect(delays('started', 8)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000])
  expect(delays('nothing', 6)).toEqual([100, 200, 400, 800, 1000, 1000])
})

test('a run of a second that saw events begins anew; one that never attached does not', () => {
  expect(delays('attached', 3, 1000)).toEqual([100, 100, 100])
  expect(delays('started', 3, 10_000)).toEqual([100, 200, 400])
})

test('a bpftrace that cannot attach any more waits for long, and not after it could again', () => {
  const backoff = new Backoff()
  for (let at = 0; at < 10; at += 1) backoff.after({ lastedMs: 50, reached: 'started' })
  expect(backoff.after({ lastedMs: 50, reached: 'attached' })).toBe(200)
  expect(backoff.after({ lastedMs: 20_000, reached: 'attached' })).toBe(100)
})
