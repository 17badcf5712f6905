// `probespan store …` and `probespan sql`: work on the database file itself, beside a running service too. In: flags;
// out: text or JSON on standard output, words on standard error, and what the process ends with.
import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { Option, type Command } from 'commander'
import type * as ingestModule from '@probespan/ingest'
import type { FileFormat, SqlValue, StoreStats } from '@probespan/ingest'
import { formatInstant } from '../show/instant.ts'
import { textTable, titlesOf } from '../show/text-table.ts'

type Ingest = typeof ingestModule
type DbFlags = { db: string; json?: boolean }
type FileFlags = DbFlags & { format?: FileFormat }

const rowsShownMax = 10_000

const dbOption = (): Option =>
  new Option('--db <file>', 'the database').env('PROBESPAN_DB').default('.data/probespan.db')
const formatOption = (): Option =>
  new Option(
    '--format <format>',
    'JSON lines or protobuf messages behind their length (by the name)',
  ).choices(['json', 'proto'])

export function addStoreCommands(program: Command): void {
  const store = program.command('store').description('look after the database of ingest, running or not')
  store
    .command('stats')
    .description('how much of what is stored')
    .addOption(dbOption())
    .option('--json', 'JSON instead of text')
    .action((flags: DbFlags) => run((ingest) => showStats(ingest.storeStats(flags.db), flags.json === true)))
  store
    .command('check')
    .description('test whether the database holds together; ends with 1 if not')
    .addOption(dbOption())
    .action((flags: DbFlags) => run((ingest) => check(ingest, flags)))
  store
    .command('compact')
    .description('merge small blocks now and give free space back to the disk')
    .addOption(dbOption())
    .action((flags: DbFlags) => run((ingest) => compact(ingest, flags)))
  store
    .command('export')
    .description("write all spans to an OTLP file, as the OpenTelemetry Collector's file exporter does")
    .argument('<file>', 'where to; - for standard output')
    .addOption(dbOption())
    .addOption(formatOption())
    .action((file: string, flags: FileFlags) => run((ingest) => exportTo(ingest, file, flags)))
  store
    .command('import')
    .description('store the spans of an OTLP file')
    .argument('<file>', 'where from; - for standard input')
    .addOption(dbOption())
    .addOption(formatOption())
    .action((file: string, flags: FileFlags) => run((ingest) => importFrom(ingest, file, flags)))
  program
    .command('sql')
    .description('ask the stored spans by SQL: SELECT … FROM spans (columns: SELECT * FROM spans LIMIT 1)')
    .argument('<select>', 'what to ask; from_ns = … and to_ns = … (Unix nanoseconds) leave out other times')
    .addOption(dbOption())
    .option('--json', 'JSON lines instead of a table')
    .action((select: string, flags: DbFlags) => run((ingest) => sql(ingest, select, flags)))
}

async function run(work: (ingest: Ingest) => Promise<void> | void): Promise<void> {
  const ingest = await import('@probespan/ingest')
  const known = [ingest.StoreUnreadable, ingest.StoreUnusable, ingest.SqlMistake, ingest.UnreadableFile]
  try {
    await work(ingest)
  } catch (error) {
    const isFile = error instanceof Error && 'syscall' in error
    if (!(error instanceof Error) || !(isFile || known.some((kind) => error instanceof kind))) throw error
    process.stderr.write(`probespan: ${error.message}\n`)
    process.exitCode = 1
  }
}

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

function showStats(stats: StoreStats, json: boolean): void {
  if (json) {
    say(JSON.stringify(stats, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)))
    return
  }
  const { spans, blocks, bytes, freeBytes, oldestUnixNano, newestUnixNano } = stats
  const perSpan = spans === 0 ? '' : `, ${((bytes - freeBytes) / spans).toFixed(1)} bytes a span`
  say(
    `${spans} spans in ${blocks} blocks; ${mebibytes(bytes)} on disk, ${mebibytes(freeBytes)} of it free${perSpan}`,
  )
  if (oldestUnixNano === undefined || newestUnixNano === undefined) return
  say(`from ${formatInstant(oldestUnixNano)} to ${formatInstant(newestUnixNano)} UTC\n`)
  const rows = stats.services.map(({ service, source, spans, bytes }) => [
    service,
    source,
    String(spans),
    mebibytes(bytes),
  ])
  say(textTable(titlesOf(['Service', 'Source', 'Spans', 'OTLP'], rows), rows))
}

function check(ingest: Ingest, { db }: DbFlags): void {
  const { blocks, spans, problems } = ingest.checkStore(db)
  for (const problem of problems) say(problem)
  say(`${blocks} blocks with ${spans} spans: ${problems.length === 0 ? 'all is well' : 'see above'}`)
  if (problems.length > 0) process.exitCode = 1
}

async function compact(ingest: Ingest, { db }: DbFlags): Promise<void> {
  const before = ingest.storeStats(db)
  await ingest.compactStore(db)
  const after = ingest.storeStats(db)
  say(
    `${before.blocks} blocks became ${after.blocks}; ${mebibytes(before.bytes)} became ${mebibytes(after.bytes)}`,
  )
}

async function exportTo(ingest: Ingest, file: string, { db, format }: FileFlags): Promise<void> {
  const through = new PassThrough()
  const written =
    file === '-'
      ? pipeline(through, process.stdout, { end: false })
      : pipeline(through, createWriteStream(file))
  const exporting = ingest
    .exportStore(db, through, format ?? ingest.formatOf(file))
    .finally(() => through.end())
  const [{ requests, spans }] = await Promise.all([exporting, written])
  process.stderr.write(`probespan: ${spans} spans in ${requests} requests\n`)
}

async function importFrom(ingest: Ingest, file: string, { db, format }: FileFlags): Promise<void> {
  const from = file === '-' ? process.stdin : createReadStream(file)
  if (file !== '-') await once(from, 'open')
  const { requests, spans, spansRejected } = await ingest.importStore(
    db,
    from,
    format ?? ingest.formatOf(file),
  )
  const rejected = spansRejected === 0 ? '' : `; ${spansRejected} left out, which break a rule of OTLP`
  process.stderr.write(`probespan: ${spans} spans in ${requests} requests${rejected}\n`)
}

function sql(ingest: Ingest, select: string, { db, json }: DbFlags): void {
  const answer = ingest.runSql(db, select)
  try {
    if (json === true) {
      for (const row of answer.rows) say(jsonRow(answer.columns, row))
      return
    }
    const rows: string[][] = []
    for (const row of answer.rows) {
      if (rows.length === rowsShownMax) {
        process.stderr.write(`probespan: only the first ${rowsShownMax} rows; --json gives all\n`)
        break
      }
      rows.push(row.map(cell))
    }
    say(textTable(titlesOf(answer.columns, rows), rows))
  } finally {
    answer.close()
  }
}

function cell(value: SqlValue): string {
  return Buffer.isBuffer(value) ? value.toString('hex') : String(value ?? '')
}

function jsonRow(columns: readonly string[], row: readonly SqlValue[]): string {
  const entries = columns.map((name, at) => {
    const value = row[at] ?? null
    if (typeof value !== 'bigint') return [name, Buffer.isBuffer(value) ? value.toString('hex') : value]
    // Beyond what a JSON number can hold exactly: a string.
    return [name, Number.isSafeInteger(Number(value)) ? Number(value) : String(value)]
  })
  return JSON.stringify(Object.fromEntries(entries))
}
