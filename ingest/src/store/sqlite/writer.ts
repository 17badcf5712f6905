// Puts batches into the database, many requests in one commit. In: batches as they come; out: a promise each, settled
// when its commit is on disk or failed as a whole. Waits at most `commitWaitMs` or `commitSpansMax` spans for company,
// and holds at most `queueBytesMax` of bodies meanwhile.
// Low traffic makes small blocks; merging them is compaction's work, which does not exist yet.
import type Database from 'better-sqlite3'
import { StoreFault } from '../store.ts'
import type { Batch } from '../store.ts'
import { packBlocks } from './block.ts'
import type { Block } from './block.ts'

export const commitWaitMs = 5
export const commitSpansMax = 8_000
const serviceIdsMax = 10_000

export type Writer = { append(batch: Batch): Promise<void>; close(): void }

type Waiting = { batch: Batch; resolve: () => void; reject: (fault: StoreFault) => void }

export function createWriter(db: Database.Database, queueBytesMax: number): Writer {
  const insert = insertBlocks(db)
  let waiting: Waiting[] = []
  let waitingBytes = 0
  let waitingSpans = 0
  let timer: NodeJS.Timeout | undefined

  function commit(): void {
    clearTimeout(timer)
    timer = undefined
    const committed = waiting
    waiting = []
    waitingBytes = 0
    waitingSpans = 0
    if (committed.length === 0) return
    try {
      insert(packBlocks(committed.map(({ batch }) => batch)))
    } catch (error) {
      const fault = failure(error)
      for (const { reject } of committed) reject(fault)
      return
    }
    for (const { resolve } of committed) resolve()
  }

  return {
    append(batch) {
      // A batch larger than the bound still gets through when nothing else waits.
      if (waitingBytes > 0 && waitingBytes + batch.body.length > queueBytesMax) {
        return Promise.reject(busy(waitingBytes, batch.body.length, queueBytesMax))
      }
      return new Promise((resolve, reject) => {
        waiting.push({ batch, resolve, reject })
        waitingBytes += batch.body.length
        waitingSpans += batch.spanCount
        if (waitingSpans >= commitSpansMax) commit()
        else timer ??= setTimeout(commit, commitWaitMs)
      })
    },
    close: commit,
  }
}

function busy(waitingBytes: number, bytes: number, max: number): StoreFault {
  return new StoreFault(
    'store_busy',
    `writing falls behind: ${waitingBytes} bytes wait to be stored and ${bytes} more would exceed the bound of ` +
      `${max}. Send the request again after a moment.`,
  )
}

function failure(error: unknown): StoreFault {
  const reason = error instanceof Error ? error.message : String(error)
  return new StoreFault(
    'store_failed',
    `the spans could not be stored: ${reason}. Nothing of this request was kept; see that the disk of ` +
      'PROBESPAN_DB has space and works, then send it again.',
    { cause: error },
  )
}

function insertBlocks(db: Database.Database): (blocks: readonly Block[]) => void {
  const block = db.prepare(
    'INSERT INTO blocks (span_count, start_min, start_max, sources, columns, body) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const trace = db.prepare('INSERT OR IGNORE INTO trace_blocks (trace_key, block_id) VALUES (?, ?)')
  const services = insertServices(db)
  const all = db.transaction((blocks: readonly Block[]) => {
    for (const { columns, startMin, startMax, columnsBlob, bodyBlob } of blocks) {
      const sources = columns.source.reduce((mask, source) => mask | (1 << source), 0)
      const row = block.run(columns.spanCount, startMin, startMax, sources, columnsBlob, bodyBlob)
      for (let at = 8; at < columns.traceIds.length; at += 16) {
        trace.run(columns.traceIds.readBigInt64BE(at), row.lastInsertRowid)
      }
      services.insert(columns, row.lastInsertRowid)
    }
  })
  return (blocks) => {
    try {
      all.immediate(blocks)
    } catch (error) {
      services.forget()
      throw error
    }
  }
}

type ServiceInserts = {
  insert(columns: Block['columns'], blockId: number | bigint): void
  /** After a commit failed: ids given out in it may not exist. */
  forget(): void
}

function insertServices(db: Database.Database): ServiceInserts {
  const service = db.prepare('INSERT OR IGNORE INTO services (name) VALUES (?)')
  const serviceId = db.prepare('SELECT id FROM services WHERE name = ?').pluck()
  const serviceSource = db.prepare('INSERT OR IGNORE INTO service_sources (service_id, source) VALUES (?, ?)')
  const serviceBlock = db.prepare(
    'INSERT INTO service_blocks (service_id, start_max, block_id, source) VALUES (?, ?, ?, ?)',
  )
  const ids = new Map<string, number>()

  function idOf(name: string): number {
    let id = ids.get(name)
    if (id === undefined) {
      if (ids.size >= serviceIdsMax) ids.clear()
      service.run(name)
      id = Number(serviceId.get(name))
      ids.set(name, id)
    }
    return id
  }

  return {
    insert(columns, blockId) {
      for (const { name, source, startMax } of latestByService(columns)) {
        const id = idOf(name)
        serviceSource.run(id, source)
        serviceBlock.run(id, startMax, blockId, source)
      }
    },
    forget: () => ids.clear(),
  }
}

function latestByService(columns: Block['columns']): { name: string; source: number; startMax: bigint }[] {
  const latest = new Map<number, bigint>()
  for (let at = 0; at < columns.spanCount; at++) {
    const key = (columns.service[at] ?? 0) * 256 + (columns.source[at] ?? 0)
    const start = columns.start[at] ?? 0n
    const known = latest.get(key)
    if (known === undefined || start > known) latest.set(key, start)
  }
  return [...latest].map(([key, startMax]) => ({
    name: columns.services[Math.floor(key / 256)] ?? '',
    source: key % 256,
    startMax,
  }))
}
