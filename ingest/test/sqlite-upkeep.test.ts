// What the SQLite engine keeps in order, seen in its file: the trace index, free space, older schemas, what a crash left.
import { randomBytes } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { queueBytesMax } from '../src/limits.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { attribute, batchOf, hexId, requestOf } from './sample.ts'
import { temporaryFolder } from './running.ts'
import { ample, pipelineOf } from './store-question-contract.ts'

const databasePath = () => join(temporaryFolder(), 'probespan.db')
const trace = (number: number) => hexId(number, 32)

test('however many commits, a trace is looked for in few runs, and found', async () => {
  const path = databasePath()
  const store = openSqliteStore(path, queueBytesMax)
  const commits = 300
  for (let number = 1; number <= commits; number++) {
    await store.append(
      batchOf([
        { traceId: trace(number), spanId: hexId(1, 16) },
        { traceId: trace(1_000), spanId: hexId(number, 16) },
      ]),
    )
  }
  await store.compact()
  const db = new Database(path, { readonly: true })
  const count = (sql: string) => db.prepare<[], number>(sql).pluck().get()
  expect(count('SELECT count(*) FROM trace_runs')).toBeLessThan(33)
  expect(count('SELECT count(*) FROM trace_pages WHERE run_id NOT IN (SELECT id FROM trace_runs)')).toBe(0)
  db.close()
  expect(await store.readTrace(trace(1_000))).toHaveLength(commits)
  for (const number of [1, 150, commits]) expect(await store.readTrace(trace(number))).toHaveLength(1)
  await store.close()
})

test('space of what is taken away goes back to the disk', async () => {
  const path = databasePath()
  const mebibyte = 2 ** 20
  const retention = { ageMs: undefined, bytes: 4 * mebibyte, rules: [] }
  const store = openSqliteStore(path, queueBytesMax, { retention })
  for (let number = 1; number <= 20; number++) {
    const attributes = [attribute('noise', randomBytes(750_000).toString('base64'))]
    await store.append(batchOf([{ traceId: trace(number), spanId: hexId(1, 16), attributes }]))
  }
  await store.compact()
  expect(await store.readTrace(trace(20))).toHaveLength(1)
  expect(await store.readTrace(trace(1))).toBeUndefined()
  await store.close()
  expect(statSync(path).size).toBeLessThan(5 * mebibyte)
})

test('a database of schema version 1 is packed anew: same spans, same ids, destinations where they were', async () => {
  const path = databasePath()
  const old = new Database(path)
  const schema = new URL('../src/store/sqlite/migrations/0001_blocks.sql', import.meta.url)
  old.exec(readFileSync(schema, 'utf8'))
  old.pragma('user_version = 1')
  const insert = old.prepare(
    "INSERT INTO blocks (id, span_count, start_min, start_max, sources, columns, body) VALUES (?, 1, 1, 1, 16, x'', ?)",
  )
  const sent = [3, 7].map((id) => ({
    id,
    body: requestOf([{ traceId: trace(id), spanId: hexId(id, 16), service: 'shop', source: 'beyla' }]),
  }))
  for (const { id, body } of sent) insert.run(id, zstdCompressSync(body))
  old.prepare("INSERT INTO cursors VALUES ('otlp', 3, 0)").run()
  old.close()

  const store = openSqliteStore(path, queueBytesMax)
  for (const { id, body } of sent) {
    expect(await store.readTrace(trace(id))).toMatchObject([{ spanId: hexId(id, 16), source: 'beyla' }])
    expect(await store.blockAfter(id - 1)).toMatchObject({ id, spanCount: 1, body })
  }
  expect(await store.cursor('otlp')).toEqual({ blockId: 3, spansDone: 0 })
  await store.append(batchOf([{ traceId: trace(9), spanId: hexId(1, 16) }]))
  expect(await store.blockAfter(7)).toMatchObject({ id: 8 })
  await store.close()
})

test('a run of the index that was being written when the process ended is gone after the next start', async () => {
  const path = databasePath()
  await openSqliteStore(path, queueBytesMax).close()
  const db = new Database(path)
  db.exec(
    `INSERT INTO trace_runs (id, level, block_min, block_max, entry_count) VALUES (50, -1, 1, 1, 0), (51, -2, 1, 1, 0);
     INSERT INTO trace_pages (run_id, key_min, entries) VALUES (50, 1, x''), (51, 1, x'')`,
  )
  await openSqliteStore(path, queueBytesMax).close()
  expect(db.prepare('SELECT count(*) AS runs FROM trace_runs').get()).toEqual({ runs: 0 })
  expect(db.prepare('SELECT count(*) AS pages FROM trace_pages').get()).toEqual({ pages: 0 })
  db.close()
})

test('a database of schema version 3, written by the program of then, answers as one of today, merged with new spans too', async () => {
  const path = databasePath()
  writeFileSync(path, zstdDecompressSync(readFileSync(new URL('version-3.db.zst', import.meta.url))))
  // As if it had been written just now: what came hours apart is not merged.
  const old = new Database(path)
  old.prepare('UPDATE blocks SET stored_ms = ?').run(Date.now())
  old.close()
  const store = openSqliteStore(path, queueBytesMax)
  // The 90 spans of then: 30 traces of `shop`, each with two spans of `db`.
  const asked = async () => {
    const found = async (query: string) => {
      const question = { pipeline: pipelineOf(query), order: 'newest', limit: 100, spansPerSet: 0 } as const
      return (await store.search({ ...question, budget: ample })).traces.map(({ summary }) => summary.traceId)
    }
    const { groups } = await store.red({ by: ['service'], service: 'db', budget: ample })
    return {
      rare: await found('{ span.customer.id = "customer-35" }'),
      absent: await found('{ span.customer.id = "customer-99" }'),
      related: (await found('{ resource.service.name = "shop" } > { duration > 80ms }')).length,
      sources: (await found('{ resource.trace_source = "beyla" && status = error }')).length,
      red: groups.map(({ total: { count, errors, durationSum } }) => ({ count, errors, durationSum })),
      operations: await store.operations('db'),
      trace: (await store.readTrace(trace(7)))?.map(({ spanId, parentSpanId, name }) => [
        spanId,
        parentSpanId,
        name,
      ]),
    }
  }
  const now = {
    rare: [trace(6)],
    absent: [],
    related: 10,
    sources: 3,
    red: [{ count: 60, errors: 6, durationSum: 3_630_000_000 }],
    operations: [{ name: 'query', kinds: ['SERVER'], spans: 60 }],
    trace: [
      [hexId(7, 16), undefined, 'GET /'],
      [hexId(37, 16), hexId(7, 16), 'query'],
      [hexId(67, 16), hexId(7, 16), 'query'],
    ],
  }
  expect(await asked()).toEqual(now)
  const more = Array.from({ length: 200 }, (_, at) => ({ traceId: trace(500 + at), spanId: hexId(1, 16) }))
  await store.append(batchOf(more.map((span) => ({ ...span, service: 'new' }))))
  expect((await store.compact()).merges).toBeGreaterThan(0)
  expect((await store.stats()).blocks).toBe(1)
  expect(await asked()).toEqual(now)
  await store.close()
})
