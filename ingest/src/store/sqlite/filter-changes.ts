// Writes groups of sliced filters, in short transactions. In: a writing connection and what the upkeep has worked out. A
// group is read once it is finished; one that was begun and not finished is removed at the next start (database.ts).
import type Database from 'better-sqlite3'
import { slicesPerGroup } from './query/filter-slices.ts'

export type FilterChanges = {
  /** Gives the group's id. */
  beginGroup: () => number
  addSlices: (slices: { groupId: number; from: number; slices: readonly Uint8Array[] }) => void
  finishGroup: (group: { groupId: number; blocks: Uint8Array; dataIdMax: number }) => void
  dropGroups: (groupIds: readonly number[]) => void
}

export function createFilterChanges(db: Database.Database): FilterChanges {
  const begin = db.prepare("INSERT INTO filter_groups (blocks, data_id_max) VALUES (x'', 0)")
  const addSlice = db.prepare('INSERT INTO filter_slices (id, bits) VALUES (?, ?)')
  const finish = db.prepare('UPDATE filter_groups SET blocks = ?, data_id_max = ? WHERE id = ?')
  const drop = db.prepare('DELETE FROM filter_groups WHERE id = ?')
  const dropSlices = db.prepare('DELETE FROM filter_slices WHERE id >= ? AND id < ?')
  const addAll = db.transaction((first: number, slices: readonly Uint8Array[]) => {
    for (const [at, slice] of slices.entries()) addSlice.run(first + at, slice)
  })
  const dropAll = db.transaction((ids: readonly number[]) => {
    for (const id of ids) {
      drop.run(id)
      dropSlices.run(id * slicesPerGroup, (id + 1) * slicesPerGroup)
    }
  })
  return {
    beginGroup: () => Number(begin.run().lastInsertRowid),
    addSlices: ({ groupId, from, slices }) => addAll.immediate(groupId * slicesPerGroup + from, slices),
    finishGroup: ({ groupId, blocks, dataIdMax }) => void finish.run(blocks, dataIdMax, groupId),
    dropGroups: (groupIds) => dropAll.immediate(groupIds),
  }
}

/** Groups that were being written when the process ended. */
export function dropUnfinishedGroups(db: Database.Database): void {
  const unfinished = db.prepare<[], number>('SELECT id FROM filter_groups WHERE length(blocks) = 0').pluck()
  createFilterChanges(db).dropGroups(unfinished.all())
}
