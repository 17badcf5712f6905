// A store's spans to an OTLP file and back. In: a database and a stream; out: how many requests and spans went. Works
// beside a running service: exporting reads block after block, importing commits as the service does.
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { queueBytesMax } from '../../limits.ts'
import { scanBody } from '../../otlp/scan.ts'
import { selectSpans } from '../../otlp/regroup.ts'
import { taggedBatch } from '../../tag/tagged-batch.ts'
import { createBlockReader } from '../sqlite/block-reader.ts'
import { openExisting } from '../sqlite/existing.ts'
import { createFollow } from '../sqlite/follow.ts'
import { openSqliteStore } from '../sqlite/sqlite-store.ts'
import { readRequests, writeRequest } from './otlp-file.ts'
import type { FileFormat } from './otlp-file.ts'

export type Transferred = { requests: number; spans: number }
/** Spans that break a rule of the receiver are left out. */
export type Imported = Transferred & { spansRejected: number }

const appendsUnderWayMax = 16

/** One request a block, in the order in which they came. Throws StoreUnreadable. */
export async function exportStore(path: string, to: Writable, format: FileFormat): Promise<Transferred> {
  const db = openExisting(path)
  try {
    const after = createFollow(db, createBlockReader(db))
    const next = db.transaction((id: number) => after(id))
    const done: Transferred = { requests: 0, spans: 0 }
    for (let block = next.deferred(0); block !== undefined; block = next.deferred(block.id)) {
      if (!to.write(writeRequest(block.body, format))) await once(to, 'drain')
      done.requests++
      done.spans += block.spanCount
    }
    return done
  } finally {
    db.close()
  }
}

/** Tagged as if they had been sent now. Throws UnreadableFile, UndecodableBody, StoreUnusable, StoreFault. */
export async function importStore(path: string, from: Readable, format: FileFormat): Promise<Imported> {
  const store = openSqliteStore(path, queueBytesMax)
  const done: Imported = { requests: 0, spans: 0, spansRejected: 0 }
  const underWay = new Set<Promise<void>>()
  try {
    for await (const body of readRequests(from, format)) {
      const { rejected } = scanBody(body, Number.POSITIVE_INFINITY)
      const kept = rejected.size === 0 ? body : selectSpans(body, (ordinal) => !rejected.has(ordinal))
      const batch = taggedBatch(kept, scanBody(kept, Number.POSITIVE_INFINITY))
      done.requests++
      done.spans += batch.spanCount
      done.spansRejected += rejected.size
      if (batch.spanCount === 0) continue
      const append: Promise<void> = store.append(batch).finally(() => underWay.delete(append))
      underWay.add(append)
      if (underWay.size >= appendsUnderWayMax) await Promise.race(underWay)
    }
    await Promise.all(underWay)
    return done
  } finally {
    await Promise.allSettled(underWay)
    await store.close()
  }
}
