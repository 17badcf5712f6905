// The SQLite engine: the contract of every store, and what is its own: schema versions, unusable files, its limits.
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { queueBytesMax } from '../src/limits.ts'
import { intakeOf } from '../src/receive/intake.ts'
import { connectReading, connectWriting } from '../src/store/sqlite/database.ts'
import { createFindTraces } from '../src/store/sqlite/query/find-traces.ts'
import { createReader } from '../src/store/sqlite/reader.ts'
import { traceSpansMax } from '../src/store/sqlite/read-trace.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { batchOf, hexId, requestOf } from './sample.ts'
import { temporaryFolder } from './running.ts'
import { storeBusyContract } from './store-busy-contract.ts'
import { storeContract } from './store-contract.ts'
import type { OpenStore } from './store-contract.ts'
import { storeDestinationContract } from './store-destination-contract.ts'
import { storeTraceContract } from './store-trace-contract.ts'
import { storeUpkeepContract } from './store-upkeep-contract.ts'

const file = (folder: string) => join(folder, 'probespan.db')

const open: OpenStore = (folder, { queueBytesMax: bytes = queueBytesMax, ...options } = {}) =>
  openSqliteStore(file(folder), bytes, options)

describe('contract', () => {
  // oxlint-disable-next-line vitest/require-hook
  storeContract(open, temporaryFolder)
  // oxlint-disable-next-line vitest/require-hook
  storeUpkeepContract(open, temporaryFolder)
  // oxlint-disable-next-line vitest/require-hook
  storeDestinationContract(open, temporaryFolder)
  // oxlint-disable-next-line vitest/require-hook
  storeTraceContract(open, temporaryFolder)
  // oxlint-disable-next-line vitest/require-hook
  storeBusyContract(open, temporaryFolder)
})

test('a database of a newer schema is refused with both versions, and not touched', () => {
  const path = file(temporaryFolder())
  const newer = new Database(path)
  newer.pragma('user_version = 9999')
  newer.close()
  expect(() => openSqliteStore(path, queueBytesMax)).toThrow(/version 9999.*up to \d+\b.*PROBESPAN_DB/)
  const after = new Database(path)
  expect(after.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()).toEqual({ tables: 0 })
  after.close()
})

test('a file that is no database is refused with its path and what to do', () => {
  expect(() => openSqliteStore('/dev/null/probespan.db', queueBytesMax)).toThrow(
    /cannot open the database \/dev\/null\/probespan\.db.*PROBESPAN_DB/,
  )
})

test('a commit waits for the disk: write-ahead log, flushed at each commit', () => {
  const path = file(temporaryFolder())
  const writing = connectWriting(path)
  const reading = connectReading(path)
  expect(writing.pragma('journal_mode', { simple: true })).toBe('wal')
  const full = 2
  expect(writing.pragma('synchronous', { simple: true })).toBe(full)
  expect(() => reading.exec('DELETE FROM blocks')).toThrow(/readonly/)
  reading.close()
  writing.close()
})

test('appends at the same time share a commit and a block', async () => {
  const store = openSqliteStore(file(temporaryFolder()), queueBytesMax)
  const appends = Array.from({ length: 50 }, (_, index) =>
    store.append(batchOf([{ traceId: hexId(index + 1, 32), spanId: hexId(1, 16) }])),
  )
  await Promise.all(appends)
  expect(await store.blockAfter(0)).toMatchObject({ id: 1, spanCount: 50 })
  expect(await store.blockAfter(1)).toBeUndefined()
  await store.close()
})

test('when a commit fails every request in it is told, and the next ones go through', async () => {
  const path = file(temporaryFolder())
  const store = openSqliteStore(path, queueBytesMax)
  const db = new Database(path)
  db.exec(
    `CREATE TRIGGER refuse BEFORE INSERT ON services BEGIN SELECT raise(ABORT, 'the disk is full'); END`,
  )
  const batch = batchOf([{ traceId: hexId(1, 32), spanId: hexId(1, 16) }])
  const both = await Promise.allSettled([store.append(batch), store.append(batch)])
  for (const outcome of both) {
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: { code: 'store_failed', message: expect.stringContaining('the disk is full') },
    })
  }
  expect(await store.blockAfter(0)).toBeUndefined()
  db.exec('DROP TRIGGER refuse')
  db.close()
  await store.append(batch)
  expect(await store.readTrace(hexId(1, 32))).toHaveLength(1)
  await store.close()
})

test('a search that would go through too many spans is refused with the limit', async () => {
  const path = file(temporaryFolder())
  const store = openSqliteStore(path, queueBytesMax)
  for (let number = 1; number <= 5; number++) {
    await store.append(batchOf([{ traceId: hexId(number, 32), spanId: hexId(1, 16), start: BigInt(number) }]))
  }
  const reading = connectReading(path)
  const search = createFindTraces(createReader(reading).search, 405)
  // A small block counts 100 spans, its trace one.
  expect(search({ limit: 3 })).toHaveLength(3)
  expect(() => search({ limit: 4 })).toThrow(/limit of 405.*start, end/)
  reading.close()
  await store.close()
})

test('a trace with more spans than are shown of one is refused, the list still counts them', async () => {
  const store = openSqliteStore(file(temporaryFolder()), queueBytesMax)
  const traceId = hexId(1, 32)
  for (let from = 1; from <= traceSpansMax + 1; from += 20_000) {
    const count = Math.min(20_000, traceSpansMax + 2 - from)
    await store.append(
      batchOf(Array.from({ length: count }, (_, at) => ({ traceId, spanId: hexId(from + at, 16) }))),
    )
  }
  await expect(store.readTrace(traceId)).rejects.toMatchObject({
    code: 'trace_too_large',
    message: expect.stringContaining(String(traceSpansMax)),
  })
  expect(await store.findTraces({ limit: 1 })).toMatchObject([{ spanCount: traceSpansMax + 1 }])
  await store.close()
})

test('requests full of empty parts can be read when they share a block', async () => {
  const store = openSqliteStore(file(temporaryFolder()), queueBytesMax)
  const emptyResources = Buffer.alloc(1_200_000, Buffer.from([0x0a, 0x00]))
  const appends = [1, 2, 3].map((number) => {
    const request = requestOf([{ traceId: hexId(number, 32), spanId: hexId(1, 16) }])
    return store.append(intakeOf(Buffer.concat([emptyResources, request])).batch)
  })
  await Promise.all(appends)
  expect(await store.blockAfter(0)).toMatchObject({ spanCount: 3 })
  expect(await store.readTrace(hexId(3, 32))).toHaveLength(1)
  await store.close()
})
