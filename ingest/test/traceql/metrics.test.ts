// Metrics against their meaning: each query measured over the fixed traces, by the evaluation alone and by the real
// SQLite store, and counted plainly.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { queueBytesMax } from '../../src/limits.ts'
import type { Series } from '../../src/store/questions.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import type { Query, Static } from '../../src/traceql/ast.ts'
import { parseQuery } from '../../src/traceql/parse.ts'
import { metricsCases } from './cases-metrics.ts'
import { traces } from './data.ts'
import { batchOf } from './otlp.ts'
import { labelsText, range, whole, type PlainSeries } from './plain-metrics.ts'
import { measured } from './plain-view.ts'

const budget = { ms: 60_000, spans: 10_000_000 }
const limits = { seriesMax: 1_000, exemplarsMax: 10 }
const folder = mkdtempSync(join(tmpdir(), 'probespan-traceql-'))
let store: Store

beforeAll(async () => {
  store = openSqliteStore(join(folder, 'probespan.db'), queueBytesMax)
  for (const remainder of [0, 1, 2])
    await store.append(batchOf(traces.flatMap((trace) => trace.filter((_, at) => at % 3 === remainder))))
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

test.each(metricsCases)('%s', async (text, meaning) => {
  const query = queryOf(text)
  const expected = rounded(meaning())
  expect(answerOf(measured(query, traces, { ...range, ...limits }).series)).toEqual(expected)
  const found = await store.measure({ query, ...range, ...limits, budget })
  expect(found.cutShort).toBeUndefined()
  expect(answerOf(found.series)).toEqual(expected)
})

test('a range of one step is taken as it is', async () => {
  const { series } = await store.measure({
    query: queryOf('{ } | count_over_time()'),
    ...whole,
    ...limits,
    budget,
  })
  expect(series).toHaveLength(1)
  expect(series[0]?.samples).toEqual([{ unixNano: whole.end, value: traces.flat().length }])
})

test('compare tells how often each value is among the selected spans and among the others', async () => {
  const query = queryOf('{ } | compare({ status = error }, 3)')
  const expected: PlainSeries = {}
  const spans = traces.flat()
  const add = (labels: [string, string | undefined][], count: number): void => {
    if (count > 0) expected[labelsText(labels)] = [count]
  }
  for (const type of ['baseline', 'selection']) {
    const of = spans.filter(({ status }) => (status === 'ERROR') === (type === 'selection'))
    const names = [...new Set(of.map(({ name }) => name))]
    const counts = names.map((name) => ({ name, count: of.filter((span) => span.name === name).length }))
    for (const { name, count } of counts.toSorted((one, other) => other.count - one.count).slice(0, 3))
      add(
        [
          ['__meta_type', type],
          ['name', name],
        ],
        count,
      )
    add(
      [
        ['__meta_type', `${type}_total`],
        ['name', undefined],
      ],
      of.length,
    )
    const methods = of.flatMap(({ attributes }) => attributes['http.method'] ?? [])
    for (const method of ['GET', 'POST'])
      add(
        [
          ['__meta_type', type],
          ['span.http.method', method],
        ],
        methods.filter((one) => one === method).length,
      )
    add(
      [
        ['__meta_type', `${type}_total`],
        ['span.http.method', undefined],
      ],
      methods.length,
    )
  }
  const isAsked = ({ labels }: Series) =>
    labels.some(({ name }) => name === 'name' || name === 'span.http.method')
  const isError = ({ labels }: Series) => labels[0]?.name === '__meta_error'
  const [plain, stored] = [
    measured(query, traces, { ...whole, ...limits }).series,
    (await store.measure({ query, ...whole, ...limits, budget })).series,
  ]
  for (const series of [plain, stored]) {
    // Which of equally frequent ones are left out is not said: only the counts are held together.
    const found = answerOf(series.filter((one) => isAsked(one) && !isError(one)))
    expect(Object.values(found).map(String).toSorted()).toEqual(
      Object.values(expected).map(String).toSorted(),
    )
    expect(found['__meta_type=selection_total name=nil']).toEqual(
      expected['__meta_type=selection_total name=nil'],
    )
    expect(found['__meta_type=baseline span.http.method=GET']).toEqual(
      expected['__meta_type=baseline span.http.method=GET'],
    )
    expect(series.filter(isError).map(({ labels }) => labels[1]?.name)).toContain('name')
  }
})

test('exemplars are spans of their series, spread over the range', async () => {
  const query = queryOf('{ } | max_over_time(duration) by (name)')
  const { series } = await store.measure({ query, ...range, ...limits, exemplarsMax: 4, budget })
  expect(series.length).toBeGreaterThan(5)
  for (const { labels, exemplars } of series) {
    expect(exemplars.length).toBeGreaterThan(0)
    expect(exemplars.length).toBeLessThanOrEqual(4)
    for (const { traceId, spanId, value, unixNano } of exemplars) {
      const span = traces.flat().find((one) => one.spanId === spanId)
      expect([span?.traceId, span?.start, Number(span?.duration) / 1e9]).toEqual([traceId, unixNano, value])
      expect(labels).toEqual([{ name: 'name', value: { type: 'string', value: span?.name } }])
    }
  }
})

test('series beyond the limit are told, not dropped in silence', async () => {
  const query = queryOf('{ } | count_over_time() by (name)')
  const few = { ...range, ...limits, seriesMax: 3 }
  const { series, dropped } = measured(query, traces, few)
  expect(series).toHaveLength(3)
  const counted = series.flatMap(({ samples }) => samples.map(({ value }) => value))
  const all = measured(queryOf('{ } | count_over_time()'), traces, { ...range, ...limits })
  const spans = all.series[0]?.samples.reduce((sum, { value }) => sum + value, 0) ?? 0
  expect(counted.reduce((sum, value) => sum + value, 0) + dropped).toBe(spans)
  expect((await store.measure({ query, ...few, budget })).cutShort).toMatch(/3 series/)
})

function queryOf(text: string): Query {
  const { query, mistake } = parseQuery(text)
  if (query === undefined) throw new Error(mistake.message)
  return query
}

/** By labels as text. */
function answerOf(series: Series[]): PlainSeries {
  const found: PlainSeries = {}
  for (const { labels, samples } of series) {
    const text = labelsText(labels.map(({ name, value }) => [name, plainOf(value)]))
    expect(found[text]).toBeUndefined()
    found[text] = samples.map(({ value }) => value)
  }
  return rounded(found)
}

function plainOf(value: Static) {
  if (value.type === 'nil') return undefined
  if (value.type === 'status') return value.status
  if (value.type === 'kind') return value.kind
  return value.type === 'duration' ? value.nano : value.value
}

/** Sums may differ in the last digits, as floats do that are added in another order. */
function rounded(series: PlainSeries): PlainSeries {
  return Object.fromEntries(
    Object.entries(series).map(([name, values]) => [
      name,
      values.map((value) => Number(value.toPrecision(12))),
    ]),
  )
}
