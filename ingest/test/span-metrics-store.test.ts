// Metrics from spans over the real store: what is asked for holds all that was stored; a restart, merging, retention and
// switching off leave it right; who calls whom can be asked.
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { queueBytesMax } from '../src/limits.ts'
import type { SpanMetricsSettings } from '../src/spanmetrics/span-metrics.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import type { SqliteStoreOptions } from '../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../src/store/store.ts'
import { traceSource } from '../src/wire.ts'
import { batchOf, hexId } from './sample.ts'
import type { SampleSpan } from './sample.ts'
import { temporaryFolder } from './running.ts'

const spanMetrics: SpanMetricsSettings = {
  sources: traceSource.options,
  seriesMax: 1_000,
  expiryMs: 3_600_000,
  waitingMax: 10_000,
  dimensions: [],
}
const minuteNano = 60_000_000_000n
/** A whole hour. */
const startNano = 1_700_002_800_000_000_000n

function open(path: string, options: SqliteStoreOptions = {}): Store {
  const store = openSqliteStore(path, queueBytesMax, { spanMetrics, ...options })
  let closing: Promise<void> | undefined
  const close = () => (closing ??= store.close())
  onTestFinished(close)
  return { ...store, close }
}

const databasePath = () => join(temporaryFolder(), 'probespan.db')

/** A call of the shop to the bank, with both ends. */
function call(number: number, own: Partial<SampleSpan> = {}): SampleSpan[] {
  const traceId = hexId(number, 32)
  const shared = { traceId, start: startNano, duration: 1_000_000n, ...own }
  return [
    { ...shared, spanId: hexId(1, 16), kind: 3, service: 'shop' },
    { ...shared, spanId: hexId(2, 16), parentSpanId: hexId(1, 16), kind: 2, service: 'bank' },
  ]
}

async function metricsOf(store: Store): Promise<Map<string, number>> {
  const text = Buffer.from((await store.spanMetricsText('prometheus', 10_000)) ?? []).toString()
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

const bankCalls =
  'traces_spanmetrics_calls_total{service="bank",span_name="GET /",span_kind="SPAN_KIND_SERVER",' +
  'status_code="STATUS_CODE_UNSET",trace_source="otlp"}'
const edge =
  'traces_service_graph_request_total{client="shop",server="bank",connection_type="",trace_source="otlp"}'
const skipped = 'probespan_ingest_span_metrics_spans_total{outcome="skipped"}'

test('what was durable is counted when metrics are asked for; over restarts and merging each span once', async () => {
  const path = databasePath()
  let number = 0
  for (let round = 1; round <= 3; round++) {
    const store = open(path)
    for (let commits = 0; commits < 20; commits++) {
      const [client, server] = call(++number)
      // Each in a commit of its own; merged, or not yet, when they are counted.
      for (const span of [client, server]) if (span !== undefined) await store.append(batchOf([span]))
    }
    if (round === 2) await store.compact()
    const metrics = await metricsOf(store)
    expect([metrics.get(bankCalls), metrics.get(edge), metrics.get(skipped)]).toEqual([number, number, 0])
    await store.compact()
    expect(await metricsOf(store)).toEqual(metrics)
    await store.close()
  }
})

test('spans that came while nothing counted are counted at the next start', async () => {
  const path = databasePath()
  const without = openSqliteStore(path, queueBytesMax)
  await without.append(batchOf(call(1)))
  expect(await without.spanMetricsText('prometheus', 0)).toBeUndefined()
  await without.close()
  const store = open(path)
  await store.append(batchOf(call(2)))
  expect((await metricsOf(store)).get(edge)).toBe(2)
})

test('what retention takes before it was counted is counted as skipped', async () => {
  const path = databasePath()
  await open(path).close()
  const begun = open(path)
  await metricsOf(begun)
  await begun.close()
  // All that is there is too old.
  const retention = { ageMs: -1, bytes: undefined, rules: [] }
  const uncounted = openSqliteStore(path, queueBytesMax, { retention })
  for (const number of [1, 2, 3]) await uncounted.append(batchOf(call(number)))
  await uncounted.compact()
  await uncounted.close()
  const store = open(path)
  await store.append(batchOf(call(4)))
  const metrics = await metricsOf(store)
  expect([metrics.get(edge), metrics.get(skipped)]).toEqual([1, 6])
})

test('its place in the store is no destination, and keeps what merged blocks were until it is past them', async () => {
  const path = databasePath()
  const store = open(path)
  await store.append(batchOf(call(1)))
  await metricsOf(store)
  expect(await store.destinations()).toEqual([])
  await store.close()
  const db = new Database(path, { readonly: true })
  expect(db.prepare('SELECT count(*) AS found FROM cursors').get()).toEqual({ found: 1 })
  db.close()
})

test('switched off, all that was counted is forgotten; switched on again it begins with what is stored', async () => {
  const path = databasePath()
  const store = open(path)
  await store.append(batchOf(call(1)))
  await metricsOf(store)
  await store.close()
  const off = open(path, { spanMetrics: 'off' })
  expect(await off.spanMetricsText('prometheus', 0)).toBeUndefined()
  expect(await off.dependencies({})).toEqual({ dependencies: [], countedUntil: undefined })
  await off.close()
  const again = open(path)
  expect((await metricsOf(again)).get(edge)).toBe(1)
  expect((await again.dependencies({})).dependencies).toMatchObject([{ calls: 1 }])
})

test('a state that another program wrote is not read: everything stored is counted anew', async () => {
  const path = databasePath()
  const store = open(path)
  await store.append(batchOf(call(1)))
  await metricsOf(store)
  await store.close()
  const { zstdCompressSync } = await import('node:zlib')
  const db = new Database(path)
  db.prepare('UPDATE span_metrics SET state = ?').run(zstdCompressSync(Buffer.from('{"version":999}')))
  db.close()
  const again = open(path)
  expect((await metricsOf(again)).get(edge)).toBe(1)
  expect((await again.dependencies({})).dependencies).toMatchObject([{ calls: 1 }])
})

test('who calls whom: by range and source, with errors and quantiles', async () => {
  const store = open(databasePath())
  const spans = Array.from({ length: 100 }, (_, at) => {
    // Half of them in the first minute, half two hours and a minute later.
    const start = startNano + (at < 50 ? 0n : 121n * minuteNano)
    return call(at + 1, { start, duration: BigInt(at + 1) * 1_000_000n, status: at % 10 === 0 ? 2 : 0 })
  }).flat()
  await store.append(batchOf(spans))
  await store.append(batchOf(call(1_000, { source: 'beyla' })))
  const beforeNano = BigInt(Date.now()) * 1_000_000n
  const { dependencies, countedUntil } = await store.dependencies({})
  expect(dependencies).toMatchObject([
    { client: 'shop', server: 'bank', connection: '', source: 'beyla', calls: 1, errors: 0 },
    { client: 'shop', server: 'bank', connection: '', source: 'otlp', calls: 100, errors: 10 },
  ])
  expect(Number(beforeNano - (countedUntil ?? 0n))).toBeLessThan(60e9)
  const all = dependencies[1]
  for (const [quantile, ms] of [
    [all?.p50, 50],
    [all?.p95, 95],
    [all?.p99, 99],
  ] as const) {
    // A bucket is an eighth of an octave.
    expect(Math.abs((quantile ?? 0) / (ms * 1e6) - 1)).toBeLessThan(0.09)
  }
  const within = async (from: bigint, to: bigint) =>
    (
      await store.dependencies({
        start: startNano + from * minuteNano,
        end: startNano + to * minuteNano,
        source: 'otlp',
      })
    ).dependencies.map(({ calls }) => calls)
  expect(await within(0n, 1n)).toEqual([50])
  expect(await within(0n, 60n)).toEqual([50])
  expect(await within(1n, 121n)).toEqual([])
  expect(await within(-61n, 240n)).toEqual([100])
  expect(await within(119n, 122n)).toEqual([50])
  expect((await store.dependencies({ source: 'ebpf' })).dependencies).toMatchObject([
    { source: 'beyla', calls: 1 },
  ])
})
