// What a reader keeps of blocks' rows in memory is what a new reader reads, whatever was added, merged and taken away
// meanwhile, and however long it was not asked.
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { changesKept, createBlockDirectory } from '../src/store/sqlite/block-directory.ts'
import type { BlockRow } from '../src/store/sqlite/block-directory.ts'
import { createBlockTable } from '../src/store/sqlite/block-table.ts'
import { createChanges } from '../src/store/sqlite/changes.ts'
import { chunkOf } from '../src/store/sqlite/chunk.ts'
import { connectReading, connectWriting } from '../src/store/sqlite/database.ts'
import { packChunk } from '../src/store/sqlite/packed-block.ts'
import { batchOf, hexId } from './sample.ts'
import { temporaryFolder } from './running.ts'

const packed = (start: bigint) =>
  packChunk(chunkOf(batchOf([{ traceId: hexId(1, 32), spanId: hexId(1, 16), start }])))

function opened() {
  const path = join(temporaryFolder(), 'probespan.db')
  const writing = connectWriting(path)
  const table = createBlockTable(writing)
  const changes = createChanges(writing, table)
  const reading = connectReading(path)
  const kept = createBlockDirectory(reading)
  const rows = () => createBlockDirectory(reading)()
  return {
    kept,
    rows,
    insert: (start: bigint) =>
      table.insert(packed(start), { id: undefined, firstId: undefined, storedMs: 1, parts: undefined }),
    replace: (from: readonly BlockRow[], by: bigint | undefined) =>
      changes.replaceBlocks({
        from,
        by: by === undefined ? undefined : packed(by),
        storedMs: 1,
        parts: undefined,
      }),
    close: () => {
      reading.close()
      writing.close()
    },
  }
}

const change = fc.oneof(
  fc.record({ type: fc.constant('insert' as const), start: fc.bigInt(1n, 50n) }),
  fc.record({
    type: fc.constant('merge' as const),
    at: fc.nat(20),
    count: fc.integer({ min: 2, max: 5 }),
    start: fc.bigInt(1n, 50n),
  }),
  fc.record({ type: fc.constant('remove' as const), at: fc.nat(20) }),
  fc.record({ type: fc.constant('look' as const) }),
)

test('any changes between two looks', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const { kept, rows, insert, replace, close } = opened()
      const looks: [readonly BlockRow[], readonly BlockRow[]][] = []
      for (const one of changes) {
        const now = rows().all()
        if (one.type === 'insert') insert(one.start)
        else if (one.type === 'remove') replace(now.slice(one.at, one.at + 1), undefined)
        else if (one.type === 'merge') replace(now.slice(one.at, one.at + one.count), one.start)
        else looks.push([[...kept().all()], now])
      }
      for (const [seen, stored] of looks) expect(seen).toEqual(stored)
      const [mine, fresh] = [kept(), rows()]
      expect(mine.all()).toEqual(fresh.all())
      expect(mine.byStart()).toEqual(fresh.byStart())
      for (let id = 0; id <= fresh.lastId() + 1; id++) expect(mine.holding(id)).toEqual(fresh.holding(id))
      close()
    }),
    { numRuns: 25 },
  )
})

test('more changes than are told between two looks', () => {
  const { kept, rows, insert, replace, close } = opened()
  for (let number = 0; number < 3; number++) insert(BigInt(number + 1))
  expect(kept().all()).toHaveLength(3)
  for (let number = 0; number <= changesKept; number++) replace(rows().all().slice(0, 1), BigInt(number + 1))
  expect(kept().all()).toEqual(rows().all())
  close()
})
