import { expect, test } from 'vitest'
import { createHolds, heldAfter } from './holds.ts'

test('the earliest place counts, as long as it is held', () => {
  let now = 0
  const holds = createHolds(() => now)
  expect(heldAfter(holds.memory)).toBeUndefined()
  holds.hold(7, 5_000)
  holds.hold(3, 2_000)
  holds.hold(9, 9_000)
  expect(heldAfter(holds.memory)).toBe(3)
  now = 2_500
  holds.hold(9, 9_000)
  expect(heldAfter(holds.memory)).toBe(7)
  now = 20_000
  holds.hold(11, 1_000)
  expect(heldAfter(holds.memory)).toBe(11)
  holds.close()
})
