// What would break: statements of a real PostgreSQL that are missing, that have another text or duration than the
// server itself logged, or that failed and do not say so.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAlive } from '../bridge-process.ts'
import type { DecodedSpan } from '../otlp-decode.ts'
import { until } from '../waiting.ts'
import { PostgresCluster, type LoggedStatement } from './postgres-cluster.ts'
import { stockProgram } from './stock-programs.ts'
import { childrenOf, tracedBy } from './traced-program.ts'

const postgres = stockProgram('postgres')
const statementCount = 500
const errorCode = 2
/** On bpftrace 0.17 a statement's text is cut behind so many bytes, at least. */
const textBytesMin = 150

describe.skipIf(postgres.missing)('PostgreSQL', () => {
  let cluster: PostgresCluster
  beforeAll(async () => {
    cluster = await PostgresCluster.start(postgres.path)
    cluster.ask('create table item(id int, name text)')
  })
  afterAll(() => cluster[Symbol.asyncDispose]())

  test('500 statements: as many as the server logged, with its texts and durations; failed ones are errors', async () => {
    await using session = await cluster.session()
    const { backend } = session
    const before = cluster.log(backend).length
    const { spans } = await tracedBy('postgres', backend, async () => {
      session.send(statements().join('\n'))
      await session.end()
      await until(() => cluster.log(backend).length >= before + statementCount && !isAlive(backend))
    })
    const logged = cluster.log(backend).slice(before)
    const queries = spans.filter(isQuery)
    expect(logged).toHaveLength(statementCount)
    expect(queries).toHaveLength(statementCount)
    expect(queries.map((span, at) => comparable(span, logged[at]))).toEqual(
      logged.map(({ text, durationMs }) => ({ text, failed: durationMs === undefined })),
    )
    const differences = queries
      .flatMap((span, at) => differenceMs(span, logged[at]) ?? [])
      .toSorted((a, b) => a - b)
    const [median = NaN, p99 = NaN] = [0.5, 0.99].map(
      (part) => differences[Math.floor(differences.length * part)],
    )
    console.info(
      `PostgreSQL: ${queries.length} statements, ${queries.length - differences.length} of them failed; duration ` +
        `beside the server's own: median ${median.toFixed(3)} ms, p99 ${p99.toFixed(3)} ms apart`,
    )
    expect(differences.length).toBeGreaterThan(statementCount * 0.8)
    expect(median).toBeLessThan(0.2)
  })

  test('by the pack’s own target, the server’s program: every session, also one that begins later, each with its own statements', async () => {
    const texts = (logged: LoggedStatement[]): string[] => logged.map(({ text }) => text)
    const backends: number[] = []
    const { spans } = await tracedBy('postgres', undefined, async (delivered) => {
      for (let round = 0; round < 4; round += 1) {
        await using session = await cluster.session()
        backends.push(session.backend)
        const sql = Array.from({ length: 25 }, (_, at) => `select ${round}, ${at};\n`)
        session.send(sql.join(''))
        await session.end()
      }
      await until(() => backends.every((backend) => cluster.log(backend).length === 26))
      await until(() => delivered.filter(isQuery).length >= 26 * backends.length)
    })
    for (const backend of backends) {
      const seen = spans.filter((span) => isQuery(span) && span.attributes['thread.id'] === BigInt(backend))
      expect(seen.map(({ attributes }) => attributes['db.query.text'])).toEqual(texts(cluster.log(backend)))
    }
  })

  test('in a statement: parsing, planning, execution, its sort, the wait for a lock; of a failed one what it came to', async () => {
    await using holder = await cluster.session()
    await using session = await cluster.session()
    holder.send("begin; lock item in access exclusive mode; select 'held';\n")
    await until(() => holder.said.includes('held'))
    const waiting = `select count(*) from pg_stat_activity where pid = ${session.backend} and wait_event_type = 'Lock'`
    const { spans } = await tracedBy('postgres', session.backend, async () => {
      session.send('insert into item select g, md5(g::text) from generate_series(1, 50000) g;\n')
      await until(() => cluster.ask(waiting) === '1')
      holder.send('commit;\n')
      session.send('select name from item order by name limit 3;\nselect 1/0;\nselect 1;\n')
      await session.end()
      await until(() => !isAlive(session.backend))
    })
    const of = (text: string): DecodedSpan[] =>
      childrenOf(
        spans.find(({ name }) => name.startsWith(text)),
        spans,
      )
    const names = (text: string): string[] => of(text).map(({ name }) => name)
    expect(names('insert')).toEqual(
      expect.arrayContaining(['parse', 'plan', 'execute', 'wait for RowExclusiveLock of relation']),
    )
    expect(names('select name')).toEqual(['parse', 'plan', 'execute', 'sort'])
    expect(of('select name').at(-1)?.attributes).toMatchObject({
      'postgresql.sort.kind': 'heap',
      'postgresql.sort.keys': 1n,
      'postgresql.sort.on_disk': false,
    })
    // Its division is worked out when it is planned.
    expect(
      of('select 1/0').map(({ name, attributes }) => [name, attributes['probespan.incomplete']]),
    ).toEqual([
      ['parse', undefined],
      ['plan', 'superseded'],
    ])
    const inner = spans.filter(({ parentSpanId }) => parentSpanId !== '')
    const parents = new Map(spans.map((span) => [span.spanId, span]))
    const outside = inner.filter(({ parentSpanId, startNs, endNs }) => {
      const parent = parents.get(parentSpanId)
      return !parent || startNs < parent.startNs || endNs > parent.endNs
    })
    expect(outside).toEqual([])
  })

  test('a session that is ended in the middle of a statement: its spans end then, not those of another session', async () => {
    await using ended = await cluster.session()
    await using other = await cluster.session()
    const { spans } = await tracedBy('postgres', undefined, async (delivered) => {
      for (const session of [ended, other]) session.send('select pg_sleep(600);\n')
      const sleeping = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
      await until(() => cluster.ask(sleeping) === '2')
      cluster.ask(`select pg_terminate_backend(${ended.backend})`)
      await until(() => delivered.some((span) => span.attributes['probespan.incomplete'] !== undefined))
    })
    const incompleteOf = ({ backend }: { backend: number }): unknown[] =>
      spans
        .filter(({ resource }) => resource['process.pid'] === BigInt(backend))
        .flatMap(({ attributes }) => attributes['probespan.incomplete'] ?? [])
    expect(new Set(incompleteOf(ended))).toEqual(new Set(['process_ended']))
    expect(new Set(incompleteOf(other))).toEqual(new Set(['tracing_ended']))
    cluster.ask(`select pg_terminate_backend(${other.backend})`)
  })

  test('a checkpoint, by the process that does it', async () => {
    const pid = cluster.ask("select pid from pg_stat_activity where backend_type = 'checkpointer'")
    const { spans, said } = await tracedBy('postgres', Number(pid), async (delivered) => {
      cluster.ask('insert into item values (0)')
      cluster.ask('checkpoint')
      await until(() => delivered.length > 0)
    })
    expect(
      spans.map(({ name }) => name),
      said,
    ).toEqual(['checkpoint'])
    expect(spans[0]?.attributes['postgresql.checkpoint.flags']).toBeGreaterThan(0n)
    expect(spans[0]!.endNs).toBeGreaterThan(spans[0]!.startNs)
  })
})

const isQuery = ({ attributes }: DecodedSpan): boolean => attributes['db.query.text'] !== undefined

/** The text of the log where the span's is its beginning, cut by bpftrace. */
function comparable({ attributes, statusCode }: DecodedSpan, logged: LoggedStatement | undefined): object {
  const text = String(attributes['db.query.text'])
  const saysCut = attributes['probespan.truncated'] !== undefined
  const isCut = saysCut && text.length >= textBytesMin && logged?.text.startsWith(text)
  return { text: isCut ? logged?.text : text, failed: statusCode === errorCode }
}

function differenceMs(
  { startNs, endNs }: DecodedSpan,
  logged: LoggedStatement | undefined,
): number | undefined {
  if (logged?.durationMs === undefined) return undefined
  return Math.abs(Number(endNs - startNs) / 1e6 - logged.durationMs)
}

/** No two are alike; the last one succeeds, so that one that failed before it has a next. */
function statements(): string[] {
  return Array.from({ length: statementCount }, (_, at) => {
    if (at % 25 === 7) return `select ${at}/0;`
    if (at % 25 === 12) return `selec ${at};`
    switch (at % 7) {
      case 0:
        return `select 'it''s "${at}" \\ and\ta tab';`
      case 1:
        return `select 'é ☕ 漢字 ${at}' as "naïve";`
      case 2:
        return `insert into item values (${at}, 'x');`
      case 3:
        return `select count(*)\n  from item\n  where id < ${at};`
      case 4:
        return `select pg_sleep(${(at % 5) / 1000});`
      case 5:
        return `select ${at}, '${'long '.repeat(60)}';`
      default:
        return `update item set name = 'y' where id = ${at};`
    }
  })
}
