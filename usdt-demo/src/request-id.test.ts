// What would break: two requests with one id (also after a restart), or an id that bpftrace's str() cuts.
import { expect, test } from 'vitest'
import { requestIdBytesMax, requestIds } from './request-id.ts'

test('ids of two starts a nanosecond apart never meet', () => {
  const before = requestIds(1_795_151_965_000_000_000n)
  const after = requestIds(1_795_151_965_000_000_001n)
  const ids = Array.from({ length: 1_000 }, () => [before(), after()]).flat()
  expect(new Set(ids).size).toBe(2_000)
})

test('an id says its start and count within its bound', () => {
  const next = requestIds(1_795_151_965_000_000_000n)
  expect(next()).toBe(`req-${1_795_151_965_000_000_000n.toString(36)}-1`)
  expect(next().length).toBeLessThanOrEqual(requestIdBytesMax)
})

test('an id beyond its bound is a bug that is not passed on to tracers', () => {
  const next = requestIds(36n ** 28n)
  expect(next).toThrow('longer than 31 bytes')
})
