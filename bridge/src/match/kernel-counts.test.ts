// What would break: ends and starts that the kernel pairs in vain, counted twice or not at all.
import { expect, test } from 'vitest'
import { KernelCounts } from './kernel-counts.ts'

test('the last print of each map counts; a process that follows counts on', () => {
  const counts = new KernelCounts()
  counts.print({ '@orphans0': 2 })
  counts.print({ '@orphans1': 3 })
  counts.print({ '@superseded0': '4' })
  expect(counts.fullWarning()).toBeUndefined()
  counts.print({ '@unstored0': 7, '@orphans0': 5, '@events': { '0': 99 }, '@mine1': 3 })
  expect([counts.orphaned, counts.superseded, counts.unstored]).toEqual([8, 4, 7])
  expect(counts.fullWarning()).toMatch(/^7 starts found no room.*BPFTRACE_MAX_MAP_KEYS/)
  expect(counts.fullWarning()).toBeUndefined()
  counts.restart()
  counts.print({ '@orphans0': 1 })
  expect([counts.orphaned, counts.superseded, counts.unstored]).toEqual([9, 4, 7])
})
