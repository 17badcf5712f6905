// Opens a database that is there already, only to read it: for commands, also while the service runs. In: a path; out:
// a read-only connection. Throws StoreUnreadable, which says what to do.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type Database from 'better-sqlite3'
import { connectReading, knownVersion } from './database.ts'

export class StoreUnreadable extends Error {
  override name = 'StoreUnreadable'
}

export function openExisting(path: string): Database.Database {
  const file = resolve(path)
  if (!existsSync(file)) {
    throw new StoreUnreadable(`there is no database ${file}: name another with --db or PROBESPAN_DB.`)
  }
  const db = connected(file)
  try {
    const found = Number(db.pragma('user_version', { simple: true }))
    if (found === knownVersion()) return db
    const what = `the database ${file} has schema version ${found}, this program reads version ${knownVersion()}.`
    throw new StoreUnreadable(
      found < knownVersion()
        ? `${what} Start "probespan ingest" on it once, which brings it up to date.`
        : `${what} Use the newer probespan that wrote it.`,
    )
  } catch (error) {
    db.close()
    throw error instanceof StoreUnreadable ? error : unreadable(file, error)
  }
}

function connected(file: string): Database.Database {
  try {
    return connectReading(file)
  } catch (error) {
    throw unreadable(file, error)
  }
}

function unreadable(file: string, error: unknown): StoreUnreadable {
  const reason = error instanceof Error ? error.message : String(error)
  return new StoreUnreadable(
    `cannot read the database ${file}: ${reason}. Name another with --db or PROBESPAN_DB.`,
    {
      cause: error,
    },
  )
}
