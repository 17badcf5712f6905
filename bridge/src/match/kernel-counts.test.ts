// What would break: starts or ends that the kernel dropped and nobody counts, or that are counted twice after a restart.
import { expect, test } from 'vitest'
import { KernelCounts } from './kernel-counts.ts'

test('the last print of a process counts, over all blocks; a process that follows adds to it', () => {
  const counts = new KernelCounts()
  counts.print({ '@orphans': { '0': 2, '1': 3 } })
  counts.print({ '@superseded': { '0': '4' } })
  counts.print({ '@orphans': { '0': 5, '1': 3 }, '@events': { '0': 99 } })
  expect([counts.orphaned, counts.superseded]).toEqual([8, 4])
  counts.restart()
  counts.print({ '@orphans': { '0': 1 } })
  expect([counts.orphaned, counts.superseded]).toEqual([9, 4])
})
