// What commands do with a database file while the service runs on it: nothing is lost, changed or kept waiting.
import { createReadStream, createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import {
  checkStore,
  compactStore,
  exportStore,
  importStore,
  runSql,
  SqlMistake,
  storeStats,
  StoreUnreadable,
  UnreadableFile,
} from '../src/store-commands.ts'
import { protobufFromJson } from '../src/otlp/json.ts'
import type { SampleSpan } from './sample.ts'
import { attribute, halves, hexId, requestOf } from './sample.ts'
import { getTrace, post, protobufType, runIngest, temporaryFolder } from './running.ts'

const start = 1_700_000_000_000_000_001n
const spans: SampleSpan[] = Array.from({ length: 30 }, (_, index) => ({
  traceId: hexId(1 + (index % 3), 32),
  spanId: hexId(index + 1, 16),
  ...(index > 2 ? { parentSpanId: hexId(index - 2, 16) } : {}),
  name: index % 2 === 0 ? 'GET /cart' : 'SELECT',
  service: index % 2 === 0 ? 'shop' : 'db',
  start: start + BigInt(index) * 1_000_000_000n,
  duration: BigInt(index) * 1_000n,
  status: index === 7 ? 2 : 0,
  attributes: [
    attribute('user', `u${index % 5}`),
    { key: 'items', value: { intValue: halves(BigInt(index)) } },
  ],
}))

/** A service with the spans, each stored in a commit of its own. */
async function running(): Promise<{ url: string; path: string }> {
  const path = join(temporaryFolder(), 'probespan.db')
  const { url } = await runIngest({ PROBESPAN_DB: path })
  for (const span of spans) {
    expect((await post(`${url}/v1/traces`, requestOf([span]), protobufType)).status).toBe(200)
  }
  return { url, path }
}

async function exported(path: string, name: string): Promise<string> {
  const file = join(temporaryFolder(), name)
  const to = createWriteStream(file)
  await exportStore(path, to, name.endsWith('.pb') ? 'proto' : 'json')
  await finished(to.end())
  return file
}

function asked(path: string, select: string): unknown[][] {
  const answer = runSql(path, select)
  try {
    return [...answer.rows].map((row) =>
      row.map((value) => (typeof value === 'bigint' ? Number(value) : value)),
    )
  } finally {
    answer.close()
  }
}

test.each(['spans.jsonl', 'spans.pb'])(
  'exported to %s and imported elsewhere, every trace is the same',
  async (name) => {
    const { url, path } = await running()
    const file = await exported(path, name)
    const other = join(temporaryFolder(), 'other.db')
    const imported = await importStore(other, createReadStream(file), name.endsWith('.pb') ? 'proto' : 'json')
    expect(imported).toMatchObject({ spans: 30, spansRejected: 0 })
    const copy = await runIngest({ PROBESPAN_DB: other })
    for (const number of [1, 2, 3]) {
      expect(await getTrace(copy.url, hexId(number, 32))).toEqual(await getTrace(url, hexId(number, 32)))
    }
  },
)

test("JSON lines are the collector's: each a request, ids in hex, integers as strings", async () => {
  const { path } = await running()
  const lines = readFileSync(await exported(path, 'spans.jsonl'), 'utf8')
    .trim()
    .split('\n')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeSpans: [{ spans: [{ traceId: hexId(1, 32), startTimeUnixNano: String(start) }] }],
      },
    ],
  })
  const bodies = lines.map((line) => protobufFromJson(line).body)
  expect(Buffer.concat(bodies)).toEqual(Buffer.concat(spans.map((span) => requestOf([span]))))
})

test('a file that is no OTLP is refused with its line, and spans that break a rule are counted', async () => {
  const path = join(temporaryFolder(), 'probespan.db')
  const twoLines = Readable.from([Buffer.from('{"resourceSpans":[]}\n{"resourceSpans":5}\n')])
  await expect(importStore(path, twoLines, 'json')).rejects.toThrow(/line 2.*resourceSpans must be an array/)
  const cut = Readable.from([Buffer.from([0, 0, 0, 9, 1])])
  await expect(importStore(path, cut, 'proto')).rejects.toThrow(UnreadableFile)
  const broken = requestOf([
    { traceId: hexId(0, 32), spanId: hexId(1, 16) },
    { traceId: hexId(4, 32), spanId: hexId(1, 16) },
  ])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(broken.length)
  const imported = await importStore(path, Readable.from([Buffer.concat([length, broken])]), 'proto')
  expect(imported).toEqual({ requests: 1, spans: 1, spansRejected: 1 })
})

test('SQL counts, filters, joins and looks into attributes', async () => {
  const { path } = await running()
  expect(
    asked(path, 'SELECT service, count(*), max(duration_ns) FROM spans GROUP BY service ORDER BY 1'),
  ).toEqual([
    ['db', 15, 29_000],
    ['shop', 15, 28_000],
  ])
  expect(asked(path, "SELECT span_id FROM spans WHERE status = 'ERROR'")).toEqual([[hexId(8, 16)]])
  expect(
    asked(path, "SELECT sum(attributes ->> 'items') FROM spans WHERE attributes ->> 'user' = 'u1'"),
  ).toEqual([[1 + 6 + 11 + 16 + 21 + 26]])
  expect(asked(path, `SELECT count(*) FROM spans WHERE from_ns = ${start + 28_000_000_000n}`)).toEqual([[2]])
  expect(asked(path, `SELECT min(start_time) FROM spans`)).toEqual([['2023-11-14T22:13:20.000000001Z']])
  const pairs = `SELECT count(*) FROM spans AS child JOIN spans AS parent
    ON child.parent_span_id = parent.span_id AND child.trace_id = parent.trace_id`
  expect(asked(path, pairs)).toEqual([[27]])
})

test.each([
  'DELETE FROM spans',
  'CREATE TABLE a (b)',
  "ATTACH '/tmp/probespan-other.db' AS other",
  'PRAGMA query_only = OFF',
  'SELECT absent FROM spans',
  'SELECT 1; SELECT 2',
])('SQL does not take: %s', async (select) => {
  const path = join(temporaryFolder(), 'probespan.db')
  await (await runIngest({ PROBESPAN_DB: path })).close()
  expect(() => asked(path, select)).toThrow(SqlMistake)
})

test('compacting beside the service leaves every trace and lets it take more', async () => {
  const { url, path } = await running()
  const before = await getTrace(url, hexId(2, 32))
  await compactStore(path)
  expect(storeStats(path)).toMatchObject({ spans: 30 })
  expect(storeStats(path).blocks).toBeLessThan(30)
  expect(await getTrace(url, hexId(2, 32))).toEqual(before)
  const more = requestOf([{ traceId: hexId(9, 32), spanId: hexId(1, 16) }])
  expect((await post(`${url}/v1/traces`, more, protobufType)).status).toBe(200)
  expect(checkStore(path)).toEqual({ blocks: storeStats(path).blocks, spans: 31, problems: [] })
})

test('a check finds what does not fit together', async () => {
  const { path } = await running()
  const db = new Database(path)
  db.pragma('foreign_keys = OFF')
  db.exec(`UPDATE blocks SET span_count = 7 WHERE id = 1;
    UPDATE block_data SET filter = zeroblob(16) WHERE id = (SELECT data_id FROM blocks WHERE id = 2);
    UPDATE block_data SET body = x'00' WHERE id = (SELECT data_id FROM blocks WHERE id = 3);
    DELETE FROM trace_pages; DELETE FROM trace_runs`)
  db.close()
  const { problems } = checkStore(path)
  expect(problems).toContainEqual(expect.stringMatching(/^block 1: 7 spans, but 1 in its columns/))
  expect(problems).toContainEqual(expect.stringMatching(/^block 2: its filter denies 2 attributes/))
  expect(problems).toContainEqual(expect.stringMatching(/^block 3: /))
  expect(problems.filter((problem) => /trace index does not lead/.test(problem)).length).toBeGreaterThan(20)
})

test('a database that is not there, is none, or is of another version is refused with words', () => {
  const path = join(temporaryFolder(), 'probespan.db')
  expect(() => storeStats(path)).toThrow(/there is no database .*--db/)
  const db = new Database(path)
  db.pragma('user_version = 9999')
  db.close()
  expect(() => storeStats(path)).toThrow(/version 9999.*newer probespan/)
  expect(() => runSql('/dev/null', 'SELECT 1')).toThrow(StoreUnreadable)
})
