// The SQLite engine behind the store interface: composes writer, block reader and search over one database file.
// In: a path and the bound of the write queue in bytes; out: a Store. Calls do their work on the calling thread; the
// interface is asynchronous so that writing and reading can move to threads of their own.
import { decodeSpans } from '../../otlp/span-decode.ts'
import type { Span, TraceSource } from '../../wire.ts'
import { inTraceOrder } from '../span-order.ts'
import { StoreFault } from '../store.ts'
import type { Cursor, Store } from '../store.ts'
import { createBlockReader, factsOf, spansOfTrace } from './block-reader.ts'
import type { BlockReader } from './block-reader.ts'
import { sourceAt } from './columns.ts'
import { openDatabase } from './database.ts'
import type { Connections } from './database.ts'
import { createSearch } from './search.ts'
import { createWriter } from './writer.ts'

/** A page or a terminal shows no more; the largest merged traces known from Beyla have 45,000 spans. */
export const traceSpansMax = 100_000

/** Throws StoreUnusable. */
export function openSqliteStore(path: string, queueBytesMax: number): Store {
  const connections = openDatabase(path)
  const { writing, reading } = connections
  const writer = createWriter(writing, queueBytesMax)
  const blocks = createBlockReader(reading)
  const search = createSearch(reading, blocks)
  const services = reading.prepare<[], { name: string; source: number }>(
    `SELECT name, source FROM services JOIN service_sources ON service_id = id ORDER BY name, source`,
  )
  return {
    append: (batch) => writer.append(batch),
    findTraces: search,
    readTrace: async (traceId) => readTrace(blocks, traceId),
    async services() {
      const sourcesOf = new Map<string, TraceSource[]>()
      for (const { name, source } of services.all()) {
        sourcesOf.set(name, [...(sourcesOf.get(name) ?? []), sourceAt(source)].sort())
      }
      return [...sourcesOf].map(([name, sources]) => ({ name, sources }))
    },
    blockAfter: async (blockId) => blocks.after(blockId),
    ...cursors(connections),
    async close() {
      writer.close()
      reading.close()
      writing.close()
    },
  }
}

function readTrace(blocks: BlockReader, traceId: string): Span[] | undefined {
  const seen = new Set<bigint>()
  const spans: Span[] = []
  for (const blockId of blocks.blocksOf(traceId)) {
    const columns = blocks.columns(blockId)
    const fresh = spansOfTrace(columns, traceId).filter((at) => {
      const spanId = columns.spanId[at] ?? 0n
      return !seen.has(spanId) && seen.add(spanId)
    })
    if (seen.size > traceSpansMax) throw tooLarge(traceId)
    if (fresh.length === 0) continue
    const wanted = new Set(fresh)
    const spanIds = Buffer.from(columns.spanId.buffer, columns.spanId.byteOffset, columns.spanId.byteLength)
    const decoded = decodeSpans(blocks.body(blockId), (at) => {
      if (!wanted.has(at)) return undefined
      return { ...factsOf(columns, at), traceId, spanId: spanIds.toString('hex', at * 8, at * 8 + 8) }
    })
    for (const span of decoded) spans.push(span)
  }
  return spans.length === 0 ? undefined : inTraceOrder(spans)
}

function tooLarge(traceId: string): StoreFault {
  return new StoreFault(
    'trace_too_large',
    `trace ${traceId} has more than ${traceSpansMax} spans, the most that is shown of one trace. ` +
      'Its sender probably uses one trace id for many requests.',
  )
}

function cursors({ writing, reading }: Connections): Pick<Store, 'cursor' | 'saveCursor'> {
  const find = reading.prepare<[string], Cursor>(
    'SELECT block_id AS blockId, spans_done AS spansDone FROM cursors WHERE destination = ?',
  )
  const lastBlock = reading.prepare<[], number>('SELECT coalesce(max(id), 0) FROM blocks').pluck()
  const save = writing.prepare(
    `INSERT INTO cursors (destination, block_id, spans_done) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET block_id = excluded.block_id, spans_done = excluded.spans_done`,
  )
  const saveCursor: Store['saveCursor'] = async (destination, { blockId, spansDone }) => {
    save.run(destination, blockId, spansDone)
  }
  return {
    saveCursor,
    async cursor(destination) {
      const known = find.get(destination)
      if (known !== undefined) return known
      const fresh = { blockId: lastBlock.get() ?? 0, spansDone: 0 }
      await saveCursor(destination, fresh)
      return fresh
    },
  }
}
