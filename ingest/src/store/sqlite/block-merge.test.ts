import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergedParts, mergedSizes, mergeSpreadMs, neighboursToMerge } from './block-merge.ts'
import type { SmallBlock } from './block-merge.ts'
import { blockBytesMax, blockSpansMax } from './chunk.ts'

const blocksOf = (sizes: readonly number[], everyMs = 0): SmallBlock[] =>
  sizes.map((spanCount, at) => ({
    id: at + 1,
    dataId: at + 1,
    firstId: at + 1,
    spanCount,
    bodyBytes: spanCount * 400,
    storedMs: at * everyMs,
    parts: null,
  }))

/** Merges until there is nothing to merge; how often each block was packed anew at most. */
function settle(blocks: readonly SmallBlock[]): { sizes: number[]; timesMax: number } {
  let left = blocks.map((block) => ({ block, times: 0 }))
  for (;;) {
    const found = neighboursToMerge(left.map(({ block }) => block))
    if ('beginAfter' in found) {
      return {
        sizes: left.map(({ block }) => block.spanCount),
        timesMax: Math.max(...left.map(({ times }) => times)),
      }
    }
    const from = left.findIndex(({ block }) => block === found.merge[0])
    const merged = left.slice(from, from + found.merge.length)
    expect(merged.map(({ block }) => block)).toEqual(found.merge)
    const spanCount = merged.reduce((sum, { block }) => sum + block.spanCount, 0)
    const last = merged.at(-1)?.block
    if (last === undefined) throw new Error('nothing merged')
    const bodyBytes = merged.reduce((sum, { block }) => sum + block.bodyBytes, 0)
    const times = Math.max(...merged.map(({ times }) => times)) + 1
    left = left.toSpliced(from, merged.length, { block: { ...last, spanCount, bodyBytes }, times })
  }
}

test('any small blocks become few, none too large, each span packed anew three times at most', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 300 })
  fc.assert(
    fc.property(sizes, (given) => {
      const settled = settle(blocksOf(given))
      expect(settled.sizes.reduce((sum, size) => sum + size, 0)).toBe(
        given.reduce((sum, size) => sum + size, 0),
      )
      expect(settled.sizes.every((size) => size <= blockSpansMax)).toBe(true)
      expect(settled.timesMax).toBeLessThanOrEqual(mergedSizes.length)
      // Of each class fewer are left than would make one of the next; and what stands between large ones.
      const large = settled.sizes.filter((size) => size >= 4_096).length
      expect(settled.sizes.length).toBeLessThanOrEqual(50 * (large + 1))
    }),
  )
})

test('what is large stays, in spans or in bytes', () => {
  expect(neighboursToMerge(blocksOf([8_000, 5_000, 8_000]))).toEqual({ beginAfter: 3 })
  const heavy = blocksOf([20, 20]).map((block) => ({ ...block, bodyBytes: blockBytesMax }))
  expect(neighboursToMerge(heavy)).toEqual({ beginAfter: 2 })
})

test('what came far apart stays apart: retention would keep the older with the newer', () => {
  expect(neighboursToMerge(blocksOf([10, 10], mergeSpreadMs + 1))).toEqual({ beginAfter: 1 })
  expect(neighboursToMerge(blocksOf([10, 10], mergeSpreadMs))).toMatchObject({
    merge: [{ id: 1 }, { id: 2 }],
  })
})

test('the next look begins where something may still be merged', () => {
  expect(neighboursToMerge(blocksOf([5_000, 3, 5_000, 2, 2]))).toEqual({ beginAfter: 3 })
})

test('only what some destination has not passed is told apart', () => {
  const merged = blocksOf([4, 5, 6])
  expect(mergedParts(merged, Infinity)).toBeUndefined()
  expect(mergedParts(merged, 3)).toBeUndefined()
  expect(mergedParts(merged, 2)).toEqual([
    [2, 9],
    [3, 6],
  ])
  expect(mergedParts(merged, 0)).toEqual([
    [1, 4],
    [2, 5],
    [3, 6],
  ])
})
