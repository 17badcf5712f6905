// `GET /api/traces`: each filter finds what going through all spans finds, alone and together; orders; mistakes are told by
// name, value and what is expected.
import { beforeAll, expect, test } from 'vitest'
import type { ApiError, TracesAnswer } from '../src/wire.ts'
import { firstStart, madeTraces, send, tracesOf } from './asked-traces.ts'
import type { PlainSpan, PlainValue } from './asked-traces.ts'
import { getJson, startForAll } from './running.ts'

const spans = madeTraces(7, 300)
const middle = firstStart + 150_000_000n
const late = firstStart + 200_000_000n
let url = ''

beforeAll(async () => {
  const ingest = await startForAll()
  url = ingest.url
  await send(url, spans)
  return ingest.close
})

const asked = (parameters: readonly (readonly [string, string])[]): Promise<TracesAnswer> => {
  const query = new URLSearchParams({ limit: '1000' })
  for (const [name, value] of parameters) query.append(name, value)
  return getJson(`${url}/api/traces?${query.toString()}`)
}

/** Of the span, or else of its resource. */
const valueOf = (span: PlainSpan, key: string): PlainValue | undefined =>
  span.attributes[key] ?? (key === 'service.name' ? span.service : span.resource[key])
const eitherOf = (span: PlainSpan, key: string): PlainValue[] =>
  [span.attributes[key], span.resource[key]].filter((value) => value !== undefined)
const numberOf = (span: PlainSpan, key: string): number => {
  const value = valueOf(span, key)
  return typeof value === 'number' ? value : NaN
}
const textOf = (span: PlainSpan, key: string): string | undefined => {
  const value = valueOf(span, key)
  return typeof value === 'string' ? value : undefined
}

const filters: readonly [string, [string, string], (span: PlainSpan) => boolean][] = [
  ['start', ['start', String(middle)], ({ start }) => start >= middle],
  ['end', ['end', String(late)], ({ start }) => start < late],
  ['service', ['service', 'pay & co'], ({ service }) => service === 'pay & co'],
  ['one source', ['source', 'beyla'], ({ source }) => source === 'beyla'],
  ['both of eBPF', ['source', 'ebpf'], ({ source }) => source !== 'otlp'],
  ['name', ['name', 'POST /checkout'], ({ name }) => name === 'POST /checkout'],
  ['kind', ['kind', 'PRODUCER'], ({ kind }) => kind === 'PRODUCER'],
  ['status', ['status', 'ERROR'], ({ status }) => status === 'ERROR'],
  ['no status', ['status', 'UNSET'], ({ status }) => status === 'UNSET'],
  ['shortest', ['durationMin', '900000'], ({ duration }) => duration >= 900_000n],
  ['longest', ['durationMax', '50000'], ({ duration }) => duration <= 50_000n],
  [
    'written as a number',
    ['attribute', 'code=200'],
    (span) => eitherOf(span, 'code').some((v) => String(v) === '200'),
  ],
  [
    'written as true',
    ['attribute', 'code=true'],
    (span) => eitherOf(span, 'code').some((v) => String(v) === 'true'),
  ],
  ['of the resource', ['attribute', 'region=eu'], (span) => valueOf(span, 'region') === 'eu'],
  ['empty', ['attribute', 'code='], (span) => eitherOf(span, 'code').includes('')],
  ['with = in it', ['attribute', 'http.route=a=b'], (span) => valueOf(span, 'http.route') === 'a=b'],
  [
    'another value',
    ['attribute', 'http.route!=/cart'],
    (span) => valueOf(span, 'http.route') !== undefined && valueOf(span, 'http.route') !== '/cart',
  ],
  [
    'a regex',
    ['attribute', 'http.route=~/ca.*|/pay'],
    (span) => /^(\/ca.*|\/pay)$/.test(textOf(span, 'http.route') ?? ''),
  ],
  [
    'not a regex',
    ['attribute', 'http.route!~/ca.*'],
    (span) => textOf(span, 'http.route') !== undefined && !/^\/ca.*$/.test(textOf(span, 'http.route') ?? ''),
  ],
  ['over', ['attribute', 'http.status>404'], (span) => numberOf(span, 'http.status') > 404],
  ['at least', ['attribute', 'http.status>=404'], (span) => numberOf(span, 'http.status') >= 404],
  ['under', ['attribute', 'http.status<404'], (span) => numberOf(span, 'http.status') < 404],
  ['at most', ['attribute', 'http.status<=404'], (span) => numberOf(span, 'http.status') <= 404],
  ['over, of doubles', ['attribute', 'ratio>0.3'], (span) => numberOf(span, 'ratio') > 0.3],
  ['over a whole, of doubles', ['attribute', 'ratio>=200'], (span) => numberOf(span, 'ratio') >= 200],
  ['there', ['attribute', 'cached?'], (span) => valueOf(span, 'cached') !== undefined],
  ['there, of the resource', ['attribute', 'region?'], (span) => valueOf(span, 'region') !== undefined],
  ['not there', ['attribute', '!http.status'], (span) => valueOf(span, 'http.status') === undefined],
]

test.each(filters)('%s: as going through all spans', async (_what, parameter, fits) => {
  const { traces, ...rest } = await asked([parameter])
  const expected = tracesOf(spans, fits)
  expect(expected.length).toBeGreaterThan(0)
  expect(expected.length).toBeLessThan(300)
  expect(traces.map(({ traceId }) => traceId)).toEqual(expected.map(({ traceId }) => traceId))
  expect(traces).toMatchObject(expected)
  expect(rest).toEqual({ inspected: expect.objectContaining({ spans: expect.any(Number) }) })
})

test('every two filters hold of one and the same span', async () => {
  for (const [at, [, parameter, fits]] of filters.entries()) {
    for (const [, other, fitsToo] of filters.slice(at + 1)) {
      if (parameter[0] === other[0] && parameter[0] !== 'attribute') continue
      const { traces } = await asked([parameter, other])
      const expected = tracesOf(spans, (span) => fits(span) && fitsToo(span))
      expect([parameter, other, traces.map(({ traceId }) => traceId)]).toEqual([
        parameter,
        other,
        expected.map(({ traceId }) => traceId),
      ])
    }
  }
})

test('a TraceQL query and filters hold of one trace, not of one span', async () => {
  const { traces } = await asked([
    ['q', '{ span:kind = server } >> { .http.status >= 500 }'],
    ['service', 'db'],
  ])
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const isBelowServer = (span: PlainSpan): boolean => {
    const parent = byId.get(span.parentSpanId ?? '')
    return parent !== undefined && (parent.kind === 'SERVER' || isBelowServer(parent))
  }
  const structural = new Set(
    spans
      .filter((span) => numberOf(span, 'http.status') >= 500 && isBelowServer(span))
      .map(({ traceId }) => traceId),
  )
  const expected = tracesOf(spans, (span) => span.service === 'db' && structural.has(span.traceId))
  expect(expected.length).toBeGreaterThan(0)
  expect(traces.map(({ traceId }) => traceId)).toEqual(expected.map(({ traceId }) => traceId))
})

test('a query with stages, beside a filter', async () => {
  const { traces } = await asked([
    ['q', '{ } | count() > 3'],
    ['status', 'ERROR'],
  ])
  const expected = tracesOf(spans, ({ status }) => status === 'ERROR').filter(
    ({ spanCount }) => spanCount > 3,
  )
  expect(expected.length).toBeGreaterThan(0)
  expect(traces.map(({ traceId }) => traceId)).toEqual(expected.map(({ traceId }) => traceId))
})

test('slowest first is by the duration of the trace', async () => {
  const { traces } = await asked([
    ['order', 'slowest'],
    ['service', 'db'],
  ])
  const expected = tracesOf(spans, ({ service }) => service === 'db').sort(
    (a, b) => Number(BigInt(b.durationNano) - BigInt(a.durationNano)) || (a.traceId < b.traceId ? -1 : 1),
  )
  expect(traces.map(({ traceId }) => traceId)).toEqual(expected.map(({ traceId }) => traceId))
})

test.each([
  ['attribute=http.status', 'attribute is "http.status": it must be key=value, key!=value'],
  ['attribute==5', 'attribute is "=5": it must have a key before ='],
  ['attribute=', 'attribute is "": it must be key=value'],
  ['attribute=status>big', 'attribute is "status>big": it must have a number after >, not "big"'],
  ['attribute=status=~(', 'attribute is "status=~(": it must have a regular expression of RE2 after =~'],
  ['order=oldest', 'order is "oldest": it must be one of newest, slowest'],
  ['kind=server', 'kind is "server": it must be one of UNSPECIFIED, INTERNAL, SERVER'],
  ['limit=1001', 'limit is "1001": it must be a whole number from 1 to 1000'],
  ['service=a&service=b', 'service is given 2 times: it must be given once'],
  ['durationMin=5ms', 'durationMin is "5ms": it must be nanoseconds: a whole number in decimal'],
  ['q=%7B%20foo%20%7D', 'q is "{ foo }". At character 3: '],
  ['q=%7B%7D%20%7C%20rate()', 'it measures instead of finding traces. Ask GET /api/series'],
  ['servise=shop', '"servise" is no parameter here; there are start, end, service, source'],
  ['&attribute=a=b'.repeat(21), 'attribute is given 21 times: it must be given 20 times at most'],
])('?%.40s is refused with words', async (query, words) => {
  const response = await fetch(`${url}/api/traces?${query}`)
  expect(response.status).toBe(400)
  const { error } = (await response.json()) as ApiError
  expect(error).toEqual({ code: 'parameter_invalid', message: expect.stringContaining(words) })
})
