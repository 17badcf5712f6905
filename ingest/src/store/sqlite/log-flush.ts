// Brings commits to the disk. A commit goes into SQLite's write-ahead log, and that is flushed here, beside the thread that
// writes: it makes the next block meanwhile, and commits that come while the disk is busy share the next flush. SQLite
// flushes the log by itself before it takes pages from it into the database (`synchronous = NORMAL`), so that a loss of
// power leaves what was flushed and, of what came behind it, the beginning. In: the database's path; out: promises.
import { closeSync, fdatasync, openSync, realpathSync } from 'node:fs'
import type { Caller, Calls } from './calls.ts'

export class LogFlush {
  readonly #databasePath: string
  #log: number | undefined
  #running: Promise<void> | undefined
  /** Of those who came while one was running. */
  #next: Promise<void> | undefined

  constructor(databasePath: string) {
    this.#databasePath = databasePath
  }

  /** Resolves when all that was committed before this call is on disk. A disk that fails ends the process. */
  flushed(): Promise<void> {
    if (this.#running === undefined) return (this.#running = this.#run())
    this.#next ??= this.#running.then(() => {
      this.#next = undefined
      return (this.#running = this.#run())
    })
    return this.#next
  }

  async close(): Promise<void> {
    await this.#next
    await this.#running
    if (this.#log !== undefined) closeSync(this.#log)
    this.#log = undefined
  }

  #run(): Promise<void> {
    // SQLite makes the log, beside the file itself, and keeps it for as long as a connection is open.
    this.#log ??= openSync(`${realpathSync(this.#databasePath)}-wal`, 'r')
    const log = this.#log
    return new Promise((resolve) => {
      fdatasync(log, (error) => {
        // What is in the log now nobody knows: neither this commit nor a later one can be promised any more. The next
        // start goes through the log, and takes what is whole.
        if (error !== null) throw diskFailed(this.#databasePath, error)
        if (this.#next === undefined) this.#running = undefined
        resolve()
      })
    })
  }
}

/** The same calls, each answered when what it changed is on disk. */
export function onDisk<C extends Calls>(ask: Caller<C>, log: Pick<LogFlush, 'flushed'>): Caller<C> {
  return async (...call) => {
    const found = await ask(...call)
    await log.flushed()
    return found
  }
}

function diskFailed(databasePath: string, cause: Error): Error {
  return new Error(
    `the disk of ${databasePath} failed to keep what was written (${cause.message}), and the service ends with it: ` +
      'see to the disk, then restart it.',
    { cause },
  )
}
