// The store's housekeeping, in rounds: retention, merging of small blocks, merging of the trace index, free pages back
// to the disk. Reads on its own connection and lets the writer change things in small steps, so that commits go on.
// In: a read-only connection, the writer's changes, what is kept; out: rounds that end when there is nothing to do.
import type Database from 'better-sqlite3'
import type { Retention } from '../retention.ts'
import type { CompactDone } from '../store.ts'
import { createBlockMerge } from './block-merge.ts'
import { createBlockReader } from './block-reader.ts'
import type { AskedChanges } from './changes.ts'
import { createExpiry } from './expiry.ts'
import type { Expired } from './expiry.ts'
import { createFilterGrouping } from './filter-grouping.ts'
import { createTraceMerge } from './trace-merge.ts'

/** Free pages kept for blocks to come: the file would only grow again. */
export type FreePages = { bytesMin: number; partOfFile: number }
export const usualFreePages: FreePages = { bytesMin: 64 * 2 ** 20, partOfFile: 0.1 }
export const noFreePages: FreePages = { bytesMin: 0, partOfFile: 0 }

const pagesPerStep = 256
// Each block is looked at once.
const spansKept = 10_000

export type Upkeep = {
  expire: (nowMs: number) => Promise<Expired>
  /** All that can be merged; stops early where `isEnding` says so. */
  merge: (isEnding?: () => boolean) => Promise<Pick<CompactDone, 'merges' | 'indexMerges' | 'filterGroups'>>
  giveBack: (keep: FreePages) => Promise<number>
}

export function createUpkeep(db: Database.Database, changes: AskedChanges, retention: Retention): Upkeep {
  const blocks = createBlockReader(db, spansKept)
  const mergeBlocks = createBlockMerge(db, blocks, changes)
  const mergeTraces = createTraceMerge(db, changes)
  const groupFilters = createFilterGrouping(db, changes)
  return {
    expire: createExpiry(db, blocks, changes, retention),
    async merge(isEnding = () => false) {
      const done = { merges: 0, indexMerges: 0, filterGroups: 0 }
      while (!isEnding() && (await mergeBlocks())) done.merges++
      while (!isEnding() && (await mergeTraces())) done.indexMerges++
      while (!isEnding() && (await groupFilters())) done.filterGroups++
      return done
    },
    async giveBack({ bytesMin, partOfFile }) {
      const pragma = (name: string): number => Number(db.pragma(name, { simple: true }))
      const keep = Math.max(
        Math.ceil(bytesMin / pragma('page_size')),
        Math.floor(pragma('page_count') * partOfFile),
      )
      const free = pragma('freelist_count')
      let left = free
      while (left > keep) left = await changes.giveBack(Math.min(left - keep, pagesPerStep))
      return free - Math.min(free, left)
    },
  }
}
