// What commands do with a database file without the service, or beside it: look, check, compact, export, import, SQL.
import { queueBytesMax } from './limits.ts'
import { openExisting } from './store/sqlite/existing.ts'
import { openSqliteStore } from './store/sqlite/sqlite-store.ts'
import { createStats } from './store/sqlite/stats.ts'
import type { CompactDone, StoreStats } from './store/store.ts'

export { StoreUnusable } from './store/store.ts'
export type { CompactDone, StoreStats } from './store/store.ts'
export { checkStore } from './store/sqlite/check.ts'
export type { StoreCheck } from './store/sqlite/check.ts'
export { StoreUnreadable } from './store/sqlite/existing.ts'
export { runSql, SqlMistake } from './store/sqlite/sql.ts'
export type { SqlAnswer, SqlValue } from './store/sqlite/sql.ts'
export { exportStore, importStore } from './store/files/transfer.ts'
export type { Imported, Transferred } from './store/files/transfer.ts'
export { fileFormats, formatOf, UnreadableFile } from './store/files/otlp-file.ts'
export type { FileFormat } from './store/files/otlp-file.ts'

/** Throws StoreUnreadable. */
export function storeStats(path: string): StoreStats {
  const db = openExisting(path)
  try {
    return createStats(db)()
  } finally {
    db.close()
  }
}

/** Takes nothing away: what is kept is the service's to say. Throws StoreUnreadable, StoreUnusable. */
export async function compactStore(path: string): Promise<CompactDone> {
  openExisting(path).close()
  const store = openSqliteStore(path, queueBytesMax)
  try {
    return await store.compact()
  } finally {
    await store.close()
  }
}
