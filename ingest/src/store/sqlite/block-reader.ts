// Reads blocks by id on the read-only connection. Columns are kept decoded, newest use last, up to `cachedSpansMax`
// spans (32 bytes each and their strings): blocks never change, so nothing goes stale.
import { zstdDecompressSync } from 'node:zlib'
import type Database from 'better-sqlite3'
import { decodeColumns, isRoot, sourceAt, statusOf } from './columns.ts'
import type { Columns } from './columns.ts'
import type { StoredBlock } from '../store.ts'
import type { SpanFacts } from '../summary.ts'

const cachedSpansMax = 1_000_000
// A block is one request at the most, and a request is 64 MiB at the most; resources are repeated where it was cut.
const bodyBytesMax = 256 * 2 ** 20
const errorStatus = 2

export type BlockReader = {
  columns(blockId: number): Columns
  body(blockId: number): Buffer
  after(blockId: number): StoredBlock | undefined
  /** Blocks that may hold spans of the trace, oldest first: the key is only a part of the id. */
  blocksOf(traceId: string): number[]
}

export function createBlockReader(db: Database.Database): BlockReader {
  const columnsOf = db.prepare<[number], Buffer>('SELECT columns FROM blocks WHERE id = ?').pluck()
  const bodyOf = db.prepare<[number], Buffer>('SELECT body FROM blocks WHERE id = ?').pluck()
  const next = db.prepare<[number], { id: number; spanCount: number; body: Buffer }>(
    'SELECT id, span_count AS spanCount, body FROM blocks WHERE id > ? ORDER BY id LIMIT 1',
  )
  const blocksOf = db
    .prepare<[bigint], number>('SELECT block_id FROM trace_blocks WHERE trace_key = ? ORDER BY block_id')
    .pluck()
  const cache = new Map<number, Columns>()
  let cachedSpans = 0

  function columns(blockId: number): Columns {
    const cached = cache.get(blockId)
    const found = cached ?? decodeColumns(required(columnsOf.get(blockId), blockId))
    cache.delete(blockId)
    cache.set(blockId, found)
    if (cached === undefined) cachedSpans += found.spanCount
    for (const [oldest, { spanCount }] of cache) {
      if (cachedSpans <= cachedSpansMax || oldest === blockId) break
      cache.delete(oldest)
      cachedSpans -= spanCount
    }
    return found
  }

  return {
    columns,
    body: (blockId) => decompressed(required(bodyOf.get(blockId), blockId)),
    after(blockId) {
      const block = next.get(blockId)
      return block === undefined ? undefined : { ...block, body: decompressed(block.body) }
    },
    blocksOf: (traceId) => blocksOf.all(Buffer.from(traceId, 'hex').readBigInt64BE(8)),
  }
}

function required(blob: Buffer | undefined, blockId: number): Buffer {
  if (blob === undefined) throw new Error(`block ${blockId} is in an index but not in the table of blocks`)
  return blob
}

function decompressed(body: Buffer): Buffer {
  return zstdDecompressSync(body, { maxOutputLength: bodyBytesMax })
}

/** Where in the block a trace's spans lie; empty when the block does not hold the trace. */
export function spansOfTrace(columns: Columns, traceId: string): number[] {
  const id = Buffer.from(traceId, 'hex')
  let at = columns.traceIds.indexOf(id)
  while (at >= 0 && at % 16 !== 0) at = columns.traceIds.indexOf(id, at + 1)
  if (at < 0) return []
  const ordinal = at / 16
  const spans: number[] = []
  for (
    let span = columns.trace.indexOf(ordinal);
    span >= 0;
    span = columns.trace.indexOf(ordinal, span + 1)
  ) {
    spans.push(span)
  }
  return spans
}

export function traceIdAt(columns: Columns, ordinal: number): string {
  return columns.traceIds.toString('hex', ordinal * 16, ordinal * 16 + 16)
}

export function factsOf(columns: Columns, span: number): SpanFacts {
  const flags = columns.flags[span] ?? 0
  return {
    spanId: columns.spanId[span] ?? 0n,
    startUnixNano: columns.start[span] ?? 0n,
    durationNano: columns.duration[span] ?? 0n,
    root: isRoot(flags),
    error: statusOf(flags) === errorStatus,
    service: columns.services[columns.service[span] ?? 0] ?? '',
    name: columns.names[columns.name[span] ?? 0] ?? '',
    source: sourceAt(columns.source[span] ?? 0),
  }
}
