// The SQLite engine answers what any store must.
import { join } from 'node:path'
import { describe } from 'vitest'
import { queueBytesMax } from '../src/limits.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { temporaryFolder } from './running.ts'
import type { OpenStore } from './store-contract.ts'
import { storePagingContract } from './store-paging-contract.ts'
import { storeQuestionContract } from './store-question-contract.ts'

const open: OpenStore = (folder, { queueBytesMax: bytes = queueBytesMax, ...options } = {}) =>
  openSqliteStore(join(folder, 'probespan.db'), bytes, options)

describe('contract', () => {
  // oxlint-disable-next-line vitest/require-hook
  storeQuestionContract(open, temporaryFolder)
  // oxlint-disable-next-line vitest/require-hook
  storePagingContract(open, temporaryFolder, {
    traces: 100_000,
    perBatch: 2_000,
    pageSize: 1_000,
    lateEvery: 5,
  })
})
