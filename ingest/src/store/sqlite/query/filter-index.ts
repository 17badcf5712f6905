// Whether a block's attribute filter may hold a value: from its group's slices, or, of blocks that are in no group yet, from
// the filter itself. In: a connection, within a transaction of the caller's; out: a test a block. What was read last is
// remembered: filters, groups and slices never change.
import type Database from 'better-sqlite3'
import { framesHolding } from '../attribute-filter.ts'
import { Recent } from '../recent.ts'
import { placesOf, sliceFramesHolding, sliceOf, slicesPerGroup } from './filter-slices.ts'
import type { SlicedFilter } from './filter-slices.ts'
import type { AskFilter } from './planned-condition.ts'

const filterBytesKept = 6 * 2 ** 20
const sliceBytesKept = 4 * 2 ** 20

type Grouped = SlicedFilter & { group: number }

export function createFilterIndex(
  db: Database.Database,
  filterOf: (dataId: number) => Buffer,
): (dataId: number) => AskFilter {
  const version = db.prepare<[], number>('PRAGMA data_version').pluck()
  const groupsAfter = db.prepare<[number], { id: number; blocks: Buffer }>(
    'SELECT id, blocks FROM filter_groups WHERE id > ? AND length(blocks) > 0 ORDER BY id',
  )
  const sliceAt = db.prepare<[number], Buffer>('SELECT bits FROM filter_slices WHERE id = ?').pluck()
  const filters = new Recent<Buffer>(filterBytesKept, ({ length }) => length)
  const slices = new Recent<Buffer>(sliceBytesKept, ({ length }) => length)
  const grouped = new Map<number, Grouped>()
  let [seenVersion, lastGroup] = [-1, 0]

  function refresh(): void {
    const now = version.get() ?? 0
    if (now === seenVersion) return
    seenVersion = now
    for (const { id, blocks } of groupsAfter.all(lastGroup)) {
      lastGroup = id
      const entries = decodeGroup(blocks)
      for (const [at, place] of placesOf(entries.map(({ bytes }) => bytes)).entries()) {
        const entry = entries[at]
        if (entry !== undefined) grouped.set(entry.dataId, { group: id, ...place })
      }
    }
  }

  function slice(group: number, hash: number): Buffer {
    const id = group * slicesPerGroup + sliceOf(hash)
    return slices.get(id, () => {
      const bits = sliceAt.get(id)
      if (bits === undefined)
        throw new Error(`slice ${id} of the filters is not there: run "probespan store check"`)
      return bits
    })
  }

  return (dataId) => (hashes) => {
    refresh()
    const place = grouped.get(dataId)
    let frames = 0
    if (place !== undefined) {
      for (const hash of hashes) frames |= sliceFramesHolding(slice(place.group, hash), place, hash)
      return frames
    }
    const filter = filters.get(dataId, () => filterOf(dataId))
    for (const hash of hashes) frames |= framesHolding(filter, hash)
    return frames
  }
}

export type GroupEntry = { dataId: number; bytes: number }

export function encodeGroup(entries: readonly GroupEntry[]): Buffer {
  return Buffer.from(Uint32Array.from(entries.flatMap(({ dataId, bytes }) => [dataId, bytes])).buffer)
}

export function decodeGroup(blocks: Buffer): GroupEntry[] {
  return Array.from({ length: blocks.length / 8 }, (_, at) => ({
    dataId: blocks.readUInt32LE(at * 8),
    bytes: blocks.readUInt32LE(at * 8 + 4),
  }))
}
