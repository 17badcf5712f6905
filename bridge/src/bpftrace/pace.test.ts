// What would break: a bridge that wakes for every line, or one that lets the pipe fill up while much comes.
import { expect, test } from 'vitest'
import { Pace } from './pace.ts'

/** The pause after each of the reads: one every `everyMs`, for a second. */
function pauses(pace: Pace, everyMs: number, bytes: number, fromMs = 0): number[] {
  return Array.from({ length: 1000 / everyMs }, (_, read) => pace.after(bytes, fromMs + read * everyMs))
}

test('few lines gather, many are read as they come, and few gather again', () => {
  const pace = new Pace()
  expect(new Set(pauses(pace, 5, 500))).toEqual(new Set([2]))
  expect(new Set(pauses(pace, 5, 20_000, 1000).slice(40))).toEqual(new Set([0]))
  expect(new Set(pauses(pace, 5, 500, 2000).slice(40))).toEqual(new Set([2]))
})
