// Cuts the attribute filters of blocks that will hardly change any more into slices, a group of blocks at a time. In: a
// read-only connection and the writer's changes; out: whether there was something to do. Groups whose blocks are all gone
// are dropped.
import type Database from 'better-sqlite3'
import type { AskedChanges } from './changes.ts'
import { mergedSizes } from './block-merge.ts'
import { encodeGroup } from './query/filter-index.ts'
import { blocksPerGroup, slicesOf } from './query/filter-slices.ts'

const mergedMax = mergedSizes.at(-1) ?? 0
/** A small block that was not merged by then stands between large ones, and will not be. */
const unsettledMs = 10_000
/** In one transaction: some 1 MB. */
const slicesPerChange = 32

export function createFilterGrouping(
  db: Database.Database,
  changes: Pick<AskedChanges, 'beginGroup' | 'addSlices' | 'finishGroup' | 'dropGroups'>,
): (nowMs?: number) => Promise<boolean> {
  const next = db.prepare<[], { dataId: number; spanCount: number; storedMs: number; filter: Buffer }>(
    `SELECT data_id AS dataId, span_count AS spanCount, stored_ms AS storedMs, filter
     FROM blocks JOIN block_data ON block_data.id = data_id
     WHERE data_id > coalesce((SELECT max(data_id_max) FROM filter_groups), 0)
     ORDER BY data_id LIMIT ${blocksPerGroup}`,
  )
  const count = db
    .prepare<[], number>(
      `SELECT count(*) FROM blocks WHERE data_id > coalesce((SELECT max(data_id_max) FROM filter_groups), 0)`,
    )
    .pluck()
  const dead = db
    .prepare<[], number>(
      `SELECT id FROM filter_groups
       WHERE length(blocks) > 0 AND data_id_max < coalesce((SELECT min(data_id) FROM blocks), data_id_max + 1)`,
    )
    .pluck()

  return async (nowMs = Date.now()) => {
    const gone = dead.all()
    if (gone.length > 0) await changes.dropGroups(gone)
    if ((count.get() ?? 0) < blocksPerGroup) return false
    const blocks = next.all()
    // In the order of their data, so that none is left behind.
    const isUnsettled = blocks.some(
      ({ spanCount, storedMs }) => spanCount < mergedMax && nowMs - storedMs < unsettledMs,
    )
    if (isUnsettled) return false
    const groupId = await changes.beginGroup()
    const slices = slicesOf(blocks.map(({ filter }) => filter))
    for (let from = 0; from < slices.length; from += slicesPerChange) {
      await changes.addSlices({ groupId, from, slices: slices.slice(from, from + slicesPerChange) })
    }
    const entries = blocks.map(({ dataId, filter }) => ({ dataId, bytes: filter.length }))
    await changes.finishGroup({
      groupId,
      blocks: encodeGroup(entries),
      dataIdMax: blocks.at(-1)?.dataId ?? 0,
    })
    return true
  }
}
