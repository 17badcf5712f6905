// What would break: events of two requests that share a place, or memory that grows with every process that ended.
import { expect, test } from 'vitest'
import { SlotMap } from './slots.ts'

test('a place is the definition, the process and the key together', () => {
  const slots = new SlotMap<number>()
  slots.set('a', 1, '1k', 1)
  slots.set('a', 11, 'k', 2)
  slots.set('b', 1, '1k', 3)
  expect([slots.get('a', 1, '1k'), slots.get('a', 11, 'k'), slots.get('b', 1, '1k')]).toEqual([1, 2, 3])
  expect([slots.get('a', 1, 'k'), slots.get('c', 1, 'k')]).toEqual([undefined, undefined])
})

test('what is deleted is gone, and nothing else is', () => {
  const slots = new SlotMap<number>()
  slots.set('a', 1, 'x', 1)
  slots.set('a', 1, 'y', 2)
  slots.delete('a', 1, 'x')
  slots.delete('a', 2, 'y')
  slots.delete('z', 1, 'y')
  expect([slots.get('a', 1, 'x'), slots.get('a', 1, 'y')]).toEqual([undefined, 2])
  slots.delete('a', 1, 'y')
  slots.set('a', 1, 'y', 3)
  expect(slots.get('a', 1, 'y')).toBe(3)
})
