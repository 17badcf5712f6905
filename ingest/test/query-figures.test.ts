// RED and series over HTTP: counts as going through all spans gives them, quantiles within a bucket, and parameters that
// lead from a figure to the traces behind it.
import { beforeAll, expect, test } from 'vitest'
import type { ApiError, RedAnswer, SeriesAnswer, TracesAnswer } from '../src/wire.ts'
import { firstStart, madeTraces, send, tracesOf } from './asked-traces.ts'
import type { PlainSpan } from './asked-traces.ts'
import { getJson, startForAll } from './running.ts'

const spans = madeTraces(9, 400)
const start = firstStart
const end = firstStart + 500_000_000n
const range = `start=${start}&end=${end}`
const bucket = 2 ** (1 / 8)
let url = ''

beforeAll(async () => {
  const ingest = await startForAll()
  url = ingest.url
  await send(url, spans)
  return ingest.close
})

const red = (query: string): Promise<RedAnswer> => getJson(`${url}/api/red?${range}&${query}`)

/** The value that at least this share of the spans is no longer than. */
function quantile(of: readonly PlainSpan[], share: number): number {
  const sorted = of.map(({ duration }) => Number(duration)).sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN
}

function expectFigure(
  figure: RedAnswer['groups'][number]['total'],
  of: readonly PlainSpan[],
  seconds: number,
): void {
  expect(figure).toMatchObject({
    count: of.length,
    errors: of.filter(({ status }) => status === 'ERROR').length,
    rate: of.length / seconds,
    durationSumNano: String(of.reduce((sum, { duration }) => sum + duration, 0n)),
  })
  for (const [name, share] of [
    ['p50Nano', 0.5],
    ['p95Nano', 0.95],
    ['p99Nano', 0.99],
  ] as const) {
    const exact = quantile(of, share)
    expect(Number(figure[name])).toBeGreaterThanOrEqual(exact / bucket / 1.001)
    expect(Number(figure[name])).toBeLessThanOrEqual(exact * bucket * 1.001 + 1)
  }
}

test.each([
  ['by=service', ({ service }) => service, () => true],
  [
    'by=operation,service&status=ERROR',
    ({ service, name }) => `${service} ${name}`,
    ({ status }) => status === 'ERROR',
  ],
  ['by=source&by=kind', ({ source, kind }) => `${source} ${kind}`, () => true],
  [
    'by=kind&source=ebpf&service=db&name=charge',
    ({ kind }) => kind,
    (span) => span.source !== 'otlp' && span.service === 'db' && span.name === 'charge',
  ],
] as [string, (span: PlainSpan) => string, (span: PlainSpan) => boolean][])(
  '%s',
  async (query, keyOf, fits) => {
    const { groups, groupsTotal, ...answer } = await red(query)
    expect(answer).toMatchObject({ start: String(start), end: String(end) })
    const expected = Map.groupBy(spans.filter(fits), keyOf)
    const found = new Map(
      groups.map((group) => [
        [group.source, group.service, group.operation, group.kind]
          .filter((key) => key !== undefined)
          .join(' '),
        group,
      ]),
    )
    expect([...found.keys()].toSorted()).toEqual([...expected.keys()].toSorted())
    expect(groupsTotal).toBe(expected.size)
    for (const [key, of] of expected) {
      const group = found.get(key)
      if (group === undefined) throw new Error(`no group ${key}`)
      expectFigure(group.total, of, 0.5)
      expect(group.total.errors > 0).toBe(group.failedTraceId !== undefined)
      expect(group.steps).toBeUndefined()
    }
    expect(groups.map(({ total }) => total.count)).toEqual(
      groups.map(({ total }) => total.count).toSorted((a, b) => b - a),
    )
  },
)

test('each figure leads to the traces behind it: all, slow and failed ones', async () => {
  const { groups } = await red('by=service,operation')
  const listed = (query: string): Promise<TracesAnswer> => getJson(`${url}/api/traces?${query}&limit=1000`)
  for (const { service, operation, total, tracesQuery, slowTraceId, failedTraceId } of groups) {
    const isOf = (span: PlainSpan): boolean => span.service === service && span.name === operation
    const ids = async (query: string): Promise<string[]> =>
      (await listed(query)).traces.map(({ traceId }) => traceId)
    const expected = (fits: (span: PlainSpan) => boolean): string[] =>
      tracesOf(spans, fits).map(({ traceId }) => traceId)
    expect(await ids(tracesQuery.all)).toEqual(expected(isOf))
    const failed = await ids(tracesQuery.failed)
    expect(failed).toEqual(expected((span) => isOf(span) && span.status === 'ERROR'))
    expect(total.errors === 0 || failed.includes(failedTraceId ?? '')).toBe(true)
    const slow = await ids(tracesQuery.slow)
    const p95 = quantile(spans.filter(isOf), 0.95)
    expect(slow).toEqual(
      expect.arrayContaining(expected((span) => isOf(span) && Number(span.duration) >= p95 * bucket)),
    )
    expect(slow).toContain(slowTraceId)
    expect(slow.length).toBeLessThanOrEqual(Math.ceil(total.count * 0.2))
  }
})

test('steps add up to the whole, and series are made of them', async () => {
  const step = 100_000_000n
  const { groups } = await red(`by=service&step=${step}`)
  for (const { service, total, steps = [] } of groups) {
    const of = spans.filter((span) => span.service === service)
    expect(steps.reduce((sum, { count }) => sum + count, 0)).toBe(total.count)
    for (const { startUnixNano, ...figure } of steps.filter(({ count }) => count > 0)) {
      const from = BigInt(startUnixNano)
      const inStep = of.filter((span) => span.start >= from && span.start < from + step)
      expectFigure(figure, inStep, 0.1)
    }
  }
  const { series } = await getJson<SeriesAnswer>(`${url}/api/series?${range}&step=${step}`)
  expect(series).toHaveLength(groups.length * 6)
  const db = groups.find(({ service }) => service === 'db')
  const rates = series.find(
    ({ labels }) => JSON.stringify(labels.map(({ value }) => value.stringValue)) === '["db","rate"]',
  )
  expect(rates?.samples).toEqual(
    db?.steps?.map(({ startUnixNano, rate }) => ({
      unixNano: String(BigInt(startUnixNano) + step),
      value: rate,
    })),
  )
})

test('series of a TraceQL query count the same spans', async () => {
  const q = encodeURIComponent('{ status = error } | count_over_time() by (resource.service.name)')
  const { series } = await getJson<SeriesAnswer>(`${url}/api/series?${range}&step=250000000&q=${q}`)
  const found = series.map(({ labels, samples }) => [
    labels[0]?.value.stringValue,
    samples.reduce((sum, { value }) => sum + (value ?? 0), 0),
  ])
  const failed = spans.filter(({ status }) => status === 'ERROR')
  const expected = [...Map.groupBy(failed, ({ service }) => service)].map(([service, of]) => [
    service,
    of.length,
  ])
  expect(new Map(found as [string, number][])).toEqual(new Map(expected as [string, number][]))
  expect(series[0]?.exemplars?.length).toBeGreaterThan(0)
})

test.each([
  ['/api/red?by=service,host', 'by is "service,host": it must be a list of service, operation, source, kind'],
  ['/api/red?step=0', 'step is "0": it must be more than 0'],
  [`/api/red?${range}&step=1`, 'steps of the range, more than 2000. Give 250000 or more'],
  ['/api/red?start=99999999999999999999', 'start (99999999999999999999) must be before now'],
  ['/api/red?attribute=a=b', '"attribute" is no parameter here'],
  ['/api/series?q=%7B%7D', 'it finds traces instead of measuring. Ask GET /api/traces'],
  [
    '/api/series?q=%7B%7D%20%7C%20rate(&by=kind',
    'q stands alone: put what by should choose into the query itself',
  ],
  ['/api/series?q=%7B%7D%20%7C%20rate(', 'q is "{} | rate(". At character 11'],
])('%s is refused with words', async (path, words) => {
  const response = await fetch(url + path)
  expect(response.status).toBe(400)
  expect((await response.json()) as ApiError).toEqual({
    error: { code: 'parameter_invalid', message: expect.stringContaining(words) },
  })
})

test('without a time figures are of the last hour', async () => {
  const { start: from, end: to, groups } = await getJson<RedAnswer>(`${url}/api/red`)
  expect(BigInt(to) - BigInt(from)).toBe(3_600_000_000_000n)
  expect(groups).toEqual([])
})
