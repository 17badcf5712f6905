import { expect, test } from 'vitest'
import { createHealth, failureCountsMs } from './health.ts'

test('a failed commit counts until one succeeds, or for a while', () => {
  let now = 0
  const health = createHealth(() => now)
  expect(health.unreadiness()).toBeUndefined()
  health.commitFailed('disk full')
  expect(health.unreadiness()).toBe('disk full')
  health.committed()
  expect(health.unreadiness()).toBeUndefined()
  health.commitFailed('disk full')
  now += failureCountsMs - 1
  expect(health.unreadiness()).toBe('disk full')
  now += 1
  expect(health.unreadiness()).toBeUndefined()
})
