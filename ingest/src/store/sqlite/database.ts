// Opens the SQLite file: creates the folder, sets durability, brings the schema up to date. In: a path; out: a
// connection that writes or one that only reads. Throws StoreUnusable with the reason and the remedy.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { dropUnfinishedGroups } from './filter-changes.ts'
import { StoreUnusable } from '../store.ts'
import { repackVersion1 } from './version-1.ts'

const migrationsFolder = new URL('./migrations/', import.meta.url)
const lockWaitMs = 5_000
// A block is some 300 KB: large pages are a quarter of the system calls. Nothing here changes single small rows often.
const pageBytes = 16_384
// Of SQLite's pages, each connection: the upper levels of its trees.
const cacheKiB = 8_192
// The log is written back into the file when it is so long. Longer means fewer stops, more disk and a longer recovery.
const logBytesMax = 64 * 2 ** 20

type Migration = { version: number; sql: string }

/** Makes the file what this program needs; what a crash left behind is repaired. */
export function prepareDatabase(path: string): void {
  connectWriting(path).close()
}

export function connectWriting(path: string): Database.Database {
  const file = resolve(path)
  try {
    // Traces hold what users asked for: other users of the machine have no business in a folder made here.
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const db = new Database(file, { timeout: lockWaitMs })
    try {
      prepare(db, file)
      return db
    } catch (error) {
      db.close()
      throw error
    }
  } catch (error) {
    if (error instanceof StoreUnusable) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new StoreUnusable(
      'store_not_writable',
      `cannot open the database ${file} for writing: ${reason}. ` +
        'Give this user write access to the file and its folder, or set PROBESPAN_DB to a path that is writable.',
      { cause: error },
    )
  }
}

/** Only to write the log back into the file, beside the connection that writes. */
export function connectCheckpointing(path: string): Database.Database {
  return new Database(resolve(path), { fileMustExist: true, timeout: lockWaitMs })
}

/** The file must have been prepared. */
export function connectReading(path: string): Database.Database {
  const db = new Database(resolve(path), { readonly: true, timeout: lockWaitMs })
  db.pragma(`cache_size = -${cacheKiB}`)
  return db
}

function prepare(db: Database.Database, file: string): void {
  refuseNewer(db, file)
  if (schemaVersion(db) < 2) layOut(db)
  db.pragma('journal_mode = WAL')
  // An answered request survives loss of power: each commit waits for the disk, and many requests share a commit.
  db.pragma('synchronous = FULL')
  db.pragma(`cache_size = -${cacheKiB}`)
  db.pragma(`wal_autocheckpoint = ${logBytesMax / pageBytes}`)
  db.pragma(`journal_size_limit = ${logBytesMax}`)
  migrate(db)
  repackVersion1(db)
  repair(db)
}

/** Pages of another size, and ones that can be given back to the disk one by one: settings of a whole file. */
function layOut(db: Database.Database): void {
  db.pragma('journal_mode = DELETE')
  db.pragma(`page_size = ${pageBytes}`)
  db.pragma('auto_vacuum = INCREMENTAL')
  db.exec('VACUUM')
}

/** Runs of the trace index, and groups of filters, that were being written or removed when the process ended. */
function repair(db: Database.Database): void {
  dropUnfinishedGroups(db)
  db.exec(
    `DELETE FROM trace_pages WHERE run_id IN (SELECT id FROM trace_runs WHERE level < 0);
     DELETE FROM trace_runs WHERE level < 0`,
  )
}

function refuseNewer(db: Database.Database, file: string): void {
  const found = schemaVersion(db)
  const known = knownVersion()
  if (found <= known) return
  throw new StoreUnusable(
    'store_too_new',
    `the database ${file} has schema version ${found}, this program knows versions up to ${known}. ` +
      'Run the newer probespan that wrote it, or set PROBESPAN_DB to another path.',
  )
}

function migrate(db: Database.Database): void {
  const run = db.transaction(() => {
    // Read again inside the transaction: another process may have migrated meanwhile.
    const found = schemaVersion(db)
    for (const { version, sql } of migrations()) {
      if (version <= found) continue
      db.exec(sql)
      db.pragma(`user_version = ${version}`)
    }
  })
  run.immediate()
}

/** The schema version that this program works with. */
export function knownVersion(): number {
  return migrations().at(-1)?.version ?? 0
}

function schemaVersion(db: Database.Database): number {
  return Number(db.pragma('user_version', { simple: true }))
}

function migrations(): Migration[] {
  return readdirSync(migrationsFolder)
    .filter((name) => /^\d{4}_[\w-]+\.sql$/.test(name))
    .sort()
    .map((name) => ({
      version: Number(name.slice(0, 4)),
      sql: readFileSync(new URL(name, migrationsFolder), 'utf8'),
    }))
}
