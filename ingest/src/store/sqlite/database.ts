// Opens the SQLite file: creates the folder, sets durability, brings the schema up to date. In: a path; out: one
// connection that writes and one that only reads. Throws StoreUnusable with the reason and the remedy.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { StoreUnusable } from '../store.ts'

export type Connections = { writing: Database.Database; reading: Database.Database }

const migrationsFolder = new URL('./migrations/', import.meta.url)
const lockWaitMs = 5_000

type Migration = { version: number; sql: string }

export function openDatabase(path: string): Connections {
  const file = resolve(path)
  try {
    // Traces hold what users asked for: other users of the machine have no business in a folder made here.
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const writing = new Database(file, { timeout: lockWaitMs })
    try {
      prepare(writing, file)
      const reading = new Database(file, { readonly: true, timeout: lockWaitMs })
      return { writing, reading }
    } catch (error) {
      writing.close()
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

function prepare(db: Database.Database, file: string): void {
  refuseNewer(db, file)
  db.pragma('journal_mode = WAL')
  // An answered request survives loss of power: each commit waits for the disk, and many requests share a commit.
  db.pragma('synchronous = FULL')
  migrate(db)
}

function refuseNewer(db: Database.Database, file: string): void {
  const found = schemaVersion(db)
  const known = migrations().at(-1)?.version ?? 0
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
