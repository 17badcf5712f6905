// Plain SQL over the stored spans, read-only: a view `spans` in a database in memory, whose rows come from the file's
// blocks as they are asked for. In: a path and a SELECT; out: column names and rows, integers as bigints. What lies in
// bodies (attributes and so on) is decoded only where a query names it.
import Database from 'better-sqlite3'
import { decodeSpans } from '../../otlp/span-decode.ts'
import { plainAttributes } from '../../otlp/plain-value.ts'
import { kindOf, statusOf } from '../../otlp/span-heads.ts'
import { spanKind, statusCode } from '../../wire.ts'
import type { KeyValue, Span } from '../../wire.ts'
import { createBlockReader, factsOf, traceIdAt } from './block-reader.ts'
import type { BlockReader } from './block-reader.ts'
import { parentElsewhere, parentNone } from './columns.ts'
import type { Columns } from './columns.ts'
import { openExisting } from './existing.ts'
import { Recent } from './recent.ts'
import { sourceAt } from './sources.ts'

const timeMax = 2n ** 63n - 1n

/** Not a SELECT, or one that SQLite does not understand; the message is SQLite's. */
export class SqlMistake extends Error {
  override name = 'SqlMistake'
}

export type SqlValue = string | bigint | number | Buffer | null
export type SqlAnswer = { columns: string[]; rows: Iterable<SqlValue[]>; close: () => void }

const columns = [
  'trace_id',
  'span_id',
  'parent_span_id',
  'name',
  'kind',
  'status',
  'service',
  'source',
  'start_ns',
  'duration_ns',
  'data_id',
  'place',
]

/** Of a span in its body, as JSON. */
const decodedColumns = ['attributes', 'resource', 'events', 'links']

// `from_ns` and `to_ns` are asked by equality and leave out whole blocks: WHERE from_ns = … AND to_ns = …
const view = `CREATE VIEW spans AS SELECT
  trace_id, span_id, parent_span_id, name, kind, status, service, source, start_ns, duration_ns,
  strftime('%Y-%m-%dT%H:%M:%S', start_ns / 1000000000, 'unixepoch')
    || printf('.%09dZ', start_ns % 1000000000) AS start_time,
  status_message(data_id, place) AS status_message, scope(data_id, place) AS scope,
  ${decodedColumns.map((name) => `span_${name}(data_id, place) AS ${name}`).join(', ')},
  from_ns, to_ns
  FROM span_rows`

/** Throws StoreUnreadable, SqlMistake. */
export function runSql(path: string, select: string): SqlAnswer {
  const file = openExisting(path)
  const memory = new Database(':memory:')
  const close = (): void => {
    memory.close()
    file.close()
  }
  try {
    const blocks = createBlockReader(file)
    // One state of the store, however long the query takes.
    file.exec('BEGIN')
    defineRows(memory, file, blocks)
    defineDecoded(memory, blocks)
    memory.exec(view)
    memory.pragma('query_only = ON')
    const statement = memory.prepare<[], SqlValue[]>(select)
    if (!statement.reader) throw new SqlMistake('only statements that read are taken, as SELECT … FROM spans')
    const names = statement.columns().map(({ name }) => name)
    return { columns: names, rows: readRows(statement.raw().safeIntegers().iterate()), close }
  } catch (error) {
    close()
    throw mistakeOf(error)
  }
}

function* readRows(rows: Iterable<SqlValue[]>): Generator<SqlValue[]> {
  try {
    yield* rows
  } catch (error) {
    throw mistakeOf(error)
  }
}

function mistakeOf(error: unknown): unknown {
  const isSqlite = error instanceof Database.SqliteError || error instanceof RangeError
  return isSqlite ? new SqlMistake(error.message, { cause: error }) : error
}

function defineRows(memory: Database.Database, file: Database.Database, blocks: BlockReader): void {
  const places = file
    .prepare<[bigint, bigint], number>(
      'SELECT data_id FROM blocks WHERE start_max >= ? AND start_min < ? ORDER BY start_max DESC',
    )
    .pluck()
  memory.table('span_rows', {
    columns,
    parameters: ['from_ns', 'to_ns'],
    safeIntegers: true,
    *rows(from: unknown, to: unknown) {
      const range = { from: boundOf(from, -timeMax), to: boundOf(to, timeMax) }
      for (const dataId of places.all(range.from, range.to))
        yield* rowsOf(blocks.columns(dataId), dataId, range)
    },
  })
}

function boundOf(value: unknown, otherwise: bigint): bigint {
  if (value === null || value === undefined) return otherwise
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return BigInt(Math.trunc(value))
  throw new SqlMistake('from_ns and to_ns are compared with Unix nanoseconds, as 1700000000000000000')
}

function* rowsOf(
  columns: Columns,
  dataId: number,
  range: { from: bigint; to: bigint },
): Generator<SqlValue[]> {
  const ids = Buffer.from(columns.spanId.buffer, columns.spanId.byteOffset, columns.spanId.byteLength)
  let elsewhere = 0
  for (let span = 0; span < columns.spanCount; span++) {
    const parent = columns.parent[span] ?? parentNone
    const parentId =
      parent === parentElsewhere ? idAt(columns.parentIds, elsewhere++) : idAt(ids, span - parent)
    const start = columns.start[span] ?? 0n
    if (start < range.from || start >= range.to) continue
    const flags = columns.flags[span] ?? 0
    yield [
      traceIdAt(columns, columns.trace[span] ?? 0),
      idAt(ids, span),
      parent === parentNone ? null : parentId,
      columns.names[columns.name[span] ?? 0] ?? '',
      spanKind.options[kindOf(flags)] ?? 'UNSPECIFIED',
      statusCode.options[statusOf(flags)] ?? 'UNSET',
      columns.services[columns.service[span] ?? 0] ?? '',
      sourceAt(columns.source[span] ?? 0),
      start,
      columns.duration[span] ?? 0n,
      BigInt(dataId),
      BigInt(span),
    ]
  }
}

const idAt = (ids: Buffer, place: number): string => ids.toString('hex', place * 8, place * 8 + 8)

/** Functions of a span's place that decode its block; the last blocks stay decoded. */
function defineDecoded(memory: Database.Database, blocks: BlockReader): void {
  const spansMax = 20_000
  const decoded = new Recent<Span[]>(spansMax, ({ length }) => length)
  const spanAt = (dataId: unknown, place: unknown): Span | undefined => {
    const id = Number(dataId)
    return decoded.get(id, () => spansOf(blocks, id))[Number(place)]
  }
  const define = (name: string, valueOf: (span: Span) => unknown): void => {
    memory.function(name, { deterministic: true }, (dataId: unknown, place: unknown) => {
      const span = spanAt(dataId, place)
      return span === undefined ? null : valueOf(span)
    })
  }
  define('span_attributes', ({ attributes }) => JSON.stringify(plainAttributes(attributes)))
  define('span_resource', ({ resource }) => JSON.stringify(plainAttributes(resource.attributes)))
  define('span_events', ({ events }) => JSON.stringify(events.map(plain)))
  define('span_links', ({ links }) => JSON.stringify(links.map(plain)))
  define('status_message', ({ status }) => status.message ?? null)
  define('scope', ({ scope }) => scope.name)
}

function plain(owner: { attributes: KeyValue[] }): object {
  return { ...owner, attributes: plainAttributes(owner.attributes) }
}

function spansOf(blocks: BlockReader, dataId: number): Span[] {
  const columns = blocks.columns(dataId)
  return decodeSpans(blocks.body(dataId), (span) => ({ ...factsOf(columns, span), traceId: '', spanId: '' }))
}
