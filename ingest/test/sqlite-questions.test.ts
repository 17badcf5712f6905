// The SQLite engine answers what any store must.
import { join } from 'node:path'
import { describe } from 'vitest'
import { queueBytesMax } from '../src/limits.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { temporaryFolder } from './running.ts'
import { storeQuestionContract } from './store-question-contract.ts'

describe('contract', () => {
  // oxlint-disable-next-line vitest/require-hook
  storeQuestionContract(
    (folder, { queueBytesMax: bytes = queueBytesMax, ...options } = {}) =>
      openSqliteStore(join(folder, 'probespan.db'), bytes, options),
    temporaryFolder,
  )
})
