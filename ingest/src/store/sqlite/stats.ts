// What the store holds. In: a read-only connection; out: answers of the store
// interface. Sums over the blocks' rows: some milliseconds for ten thousand of them.
import type Database from 'better-sqlite3'
import type { StoreStats } from '../store.ts'
import { decodeShares } from './shares.ts'
import { sourceAt } from './sources.ts'

type Totals = { blocks: bigint; spans: bigint; oldest: bigint | null; newest: bigint | null }

export function createStats(db: Database.Database): () => StoreStats {
  const totals = db
    .prepare<[], Totals>(
      `SELECT count(*) AS blocks, coalesce(sum(span_count), 0) AS spans, min(start_min) AS oldest,
         max(start_max) AS newest FROM blocks`,
    )
    .safeIntegers()
  const shares = db.prepare<[], Buffer>('SELECT shares FROM blocks').pluck()
  const services = db.prepare<[], { id: number; name: string }>('SELECT id, name FROM services')
  const pragma = (name: string): number => Number(db.pragma(name, { simple: true }))
  return () => {
    const names = new Map(services.all().map(({ id, name }) => [id, name]))
    const { blocks, spans, oldest, newest } = totals.get() ?? {
      blocks: 0n,
      spans: 0n,
      oldest: null,
      newest: null,
    }
    return {
      spans: Number(spans),
      blocks: Number(blocks),
      bytes: pragma('page_count') * pragma('page_size'),
      freeBytes: pragma('freelist_count') * pragma('page_size'),
      oldestUnixNano: oldest ?? undefined,
      newestUnixNano: newest ?? undefined,
      services: sumsOf(shares.iterate(), names),
    }
  }
}

function sumsOf(blocks: Iterable<Buffer>, names: ReadonlyMap<number, string>): StoreStats['services'] {
  const sums = new Map<string, StoreStats['services'][number]>()
  for (const blob of blocks) {
    for (const { serviceId, source, spans, bytes } of decodeShares(blob)) {
      const key = `${serviceId} ${source}`
      const service = names.get(serviceId) ?? ''
      const sum = sums.get(key) ?? { service, source: sourceAt(source), spans: 0, bytes: 0 }
      sums.set(key, { ...sum, spans: sum.spans + spans, bytes: sum.bytes + bytes })
    }
  }
  return [...sums.values()].sort((a, b) => {
    if (a.service !== b.service) return a.service < b.service ? -1 : 1
    return a.source < b.source ? -1 : 1
  })
}
