// What would break: events that are lost and nobody says so, or a loss that never was.
import { expect, test } from 'vitest'
import { Losses } from './losses.ts'

/** Holds less than 50,000 events. */
const bufferBytes = 4_000_000

function arrive(losses: Losses, block: number, count: number): void {
  for (let at = 0; at < count; at += 1) losses.arrive(block)
}

test('what the program counted and did not arrive is lost, exactly, at the end', () => {
  const losses = new Losses(bufferBytes)
  arrive(losses, 0, 90)
  arrive(losses, 1, 100)
  losses.print({ '@events': { '0': 100, '1': 100 } }, [5, 0])
  losses.end([5, 0])
  expect(losses.lost).toBe(10)
})

test('events that are still under way are not taken for lost', () => {
  const losses = new Losses(bufferBytes)
  for (const second of [1, 2, 3, 4, 5]) {
    // Those of this second arrive after its print.
    losses.print({ '@events': { '0': 10_000 * second } }, [second, 0])
    arrive(losses, 0, 10_000)
  }
  losses.end([5, 0])
  expect(losses.lost).toBe(0)
})

test('a loss is known once the stream is quiet, with the time in which it was', () => {
  const losses = new Losses(bufferBytes)
  arrive(losses, 0, 5)
  losses.print({ '@events': { '0': 8 } }, [1, 0])
  expect(losses.lost).toBe(0)
  losses.print({ '@events': { '0': 8 } }, [2, 0])
  expect(losses.lost).toBe(3)
  expect(losses.isNear([1, 500], [1, 600])).toBe(true)
  expect(losses.isNear([0, 0], [9, 0])).toBe(true)
  expect(losses.isNear([0, 0], [0, 900])).toBe(false)
  expect(losses.isNear([2, 1], [3, 0])).toBe(false)
})

test('a loss beyond all that the buffers could hold is known while events flow', () => {
  const losses = new Losses(bufferBytes)
  losses.print({ '@events': { '0': 1000 } }, [1, 0])
  losses.print({ '@events': { '0': 1_000_000 } }, [2, 0])
  expect(losses.lost).toBe(950_000)
})

test('other maps of the program, and counts printed as text, do no harm', () => {
  const losses = new Losses(bufferBytes)
  losses.print({ '@mine': { '0': 8 } }, [1, 0])
  losses.print({ '@events': { '0': '9' } }, [1, 0])
  losses.end([1, 0])
  expect(losses.lost).toBe(9)
})
