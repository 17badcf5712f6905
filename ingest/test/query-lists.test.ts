// One trace in its forms, and what there is in the store: operations, attribute keys and values, with counts as going
// through all spans gives them.
import { beforeAll, expect, test } from 'vitest'
import type {
  AttributesAnswer,
  OperationsAnswer,
  SkeletonAnswer,
  SpanAnswer,
  TraceAnswer,
  ValuesAnswer,
} from '../src/wire.ts'
import { firstStart, madeTraces, send } from './asked-traces.ts'
import type { PlainSpan, PlainValue } from './asked-traces.ts'
import { exportRequestType } from '../src/otlp/schema.ts'
import { intakeOf } from '../src/receive/intake.ts'
import { traceSpansMax } from '../src/store/sqlite/read-trace.ts'
import { getJson, getTrace, post, protobufType, runIngest, startForAll } from './running.ts'
import { halves, hexId } from './sample.ts'

const spans = madeTraces(5, 200)
let url = ''

beforeAll(async () => {
  const ingest = await startForAll()
  url = ingest.url
  // A trace in two blocks, and a span that is sent again.
  await send(
    url,
    spans.filter((_span, at) => at % 2 === 0),
  )
  await send(
    url,
    spans.filter((_span, at) => at % 2 === 1),
  )
  await send(url, spans.slice(0, 1))
  return ingest.close
})

test('a skeleton has the same spans in the same order, without what is shown of one span only', async () => {
  for (const traceId of new Set(spans.map((span) => span.traceId))) {
    const whole = await getTrace(url, traceId)
    const skeleton = await getJson<SkeletonAnswer>(`${url}/api/traces/${traceId}?skeleton=true`)
    const stripped = whole.spans.map(
      ({
        traceId: _id,
        traceState: _state,
        attributes: _a,
        events: _e,
        links: _l,
        resource: _r,
        scope: _s,
        endpoint: _n,
        ...bone
      }) => bone,
    )
    expect(skeleton).toEqual({ traceId, spans: stripped })
  }
})

test('a span by its id is as in the whole trace', async () => {
  const traceId = hexId(7, 32)
  const whole = await getTrace(url, traceId)
  for (const span of whole.spans) {
    const path = `${url}/api/traces/${traceId.toUpperCase()}/spans/${span.spanId.toUpperCase()}`
    expect(await getJson<SpanAnswer>(path)).toEqual({ span })
  }
})

test('a trace that is too large to be shown whole is shown as a skeleton, and by its spans', async () => {
  const { url: own } = await runIngest()
  const traceId = hexId(1, 32)
  const count = traceSpansMax + 1
  const big = Array.from({ length: count }, (_, at) => ({
    traceId: Buffer.from(traceId, 'hex'),
    spanId: Buffer.from(hexId(at + 1, 16), 'hex'),
    parentSpanId: Buffer.from(at === 0 ? '' : hexId(Math.ceil(at / 10), 16), 'hex'),
    name: `span ${at % 7}`,
    startTimeUnixNano: halves(firstStart + BigInt(at)),
    endTimeUnixNano: halves(firstStart + BigInt(at) + 5n),
  }))
  const body = exportRequestType.encode({ resourceSpans: [{ scopeSpans: [{ spans: big }] }] }).finish()
  expect((await post(`${own}/v1/traces`, Buffer.from(body), protobufType)).status).toBe(200)
  const whole = await fetch(`${own}/api/traces/${traceId}`)
  expect([whole.status, await whole.json()]).toMatchObject([
    422,
    {
      error: {
        code: 'trace_too_large',
        message: expect.stringContaining('Ask for its skeleton (skeleton=true)'),
      },
    },
  ])
  const { spans: bones } = await getJson<SkeletonAnswer>(`${own}/api/traces/${traceId}?skeleton=true`)
  expect(bones.map(({ spanId }) => spanId)).toEqual(big.map((_, at) => hexId(at + 1, 16)))
  expect(bones[count - 1]).toEqual({
    spanId: hexId(count, 16),
    parentSpanId: hexId(Math.ceil((count - 1) / 10), 16),
    name: `span ${(count - 1) % 7}`,
    kind: 'UNSPECIFIED',
    startUnixNano: String(firstStart + BigInt(count - 1)),
    durationNano: '5',
    status: { code: 'UNSET' },
    source: 'otlp',
    service: 'unknown_service',
  })
  const last = await getJson<SpanAnswer>(`${own}/api/traces/${traceId}/spans/${hexId(count, 16)}`)
  expect(last.span).toMatchObject({ spanId: hexId(count, 16), resource: { attributes: [] } })
})

test('a trace as OTLP, in JSON and in protobuf, has the same spans', async () => {
  const path = `${url}/api/traces/${hexId(7, 32)}`
  const own = spans.filter(({ traceId }) => traceId === hexId(7, 32)).map(({ spanId }) => spanId)
  const json = await fetch(`${path}?format=otlp-json`)
  expect(json.headers.get('content-type')).toBe('application/json; charset=utf-8')
  const { resourceSpans } = (await json.json()) as {
    resourceSpans: { scopeSpans: { spans: { spanId: string }[] }[] }[]
  }
  const inJson = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
  expect(inJson.map(({ spanId }) => spanId).toSorted()).toEqual(own)
  const protobuf = await fetch(`${path}?format=otlp-protobuf`)
  expect(protobuf.headers.get('content-type')).toBe('application/x-protobuf')
  const { batch } = intakeOf(Buffer.from(await protobuf.arrayBuffer()))
  expect(batch.spanCount).toBe(own.length)
})

test.each([
  [`/api/traces/${hexId(7, 32)}?format=xml`, 400, 'parameter_invalid'],
  [`/api/traces/${hexId(7, 32)}?format=otlp-json&skeleton=true`, 400, 'parameter_invalid'],
  [`/api/traces/${hexId(9_999, 32)}?format=otlp-protobuf`, 404, 'trace_unknown'],
  [`/api/traces/${hexId(7, 32)}/spans/${hexId(9_999, 16)}`, 404, 'span_unknown'],
  [`/api/traces/${hexId(9_999, 32)}/spans/${hexId(1, 16)}`, 404, 'span_unknown'],
  [`/api/traces/${hexId(7, 32)}/spans/xyz`, 400, 'parameter_invalid'],
  [`/api/traces/${hexId(9_999, 32)}?skeleton=true`, 404, 'trace_unknown'],
  [`/api/traces/${hexId(7, 32)}?skeleton=yes`, 400, 'parameter_invalid'],
  [`/api/traces/${hexId(7, 32)}?skeletn=true`, 400, 'parameter_invalid'],
])('%s is %d, %s', async (path, status, code) => {
  const response = await fetch(url + path)
  expect([response.status, await response.json()]).toMatchObject([status, { error: { code } }])
})

test('the operations of a service, also of one whose name needs escaping; none of an unknown one', async () => {
  for (const service of ['shop', 'pay & co']) {
    const path = `${url}/api/services/${encodeURIComponent(service)}/operations`
    const { operations } = await getJson<OperationsAnswer>(path)
    const own = [
      ...Map.groupBy(
        [...spans, ...spans.slice(0, 1)].filter((span) => span.service === service),
        ({ name }) => name,
      ),
    ]
    expect(operations).toEqual(
      own
        .map(([name, of]) => ({ name, kinds: expect.any(Array), spans: of.length }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    )
    for (const { name, kinds } of operations) {
      const expected = new Set(own.find(([of]) => of === name)?.[1].map(({ kind }) => kind))
      expect(new Set(kinds)).toEqual(expected)
    }
  }
  expect(await getJson(`${url}/api/services/${'x'.repeat(1_000)}/operations`)).toEqual({ operations: [] })
})

const stored = [...spans, ...spans.slice(0, 1)]
const counts = <Key>(keys: readonly Key[]): Map<Key, number> =>
  new Map([...Map.groupBy(keys, (key) => key)].map(([key, of]) => [key, of.length]))

test.each([
  ['', () => true],
  ['?service=db', ({ service }) => service === 'db'],
  ['?status=ERROR&source=ebpf', ({ status, source }) => status === 'ERROR' && source !== 'otlp'],
  [`?start=${firstStart + 100_000_000n}`, ({ start }) => start >= firstStart + 100_000_000n],
] as [string, (span: PlainSpan) => boolean][])(
  'attribute keys of the spans that fit %s',
  async (query, fits) => {
    const { keys } = await getJson<AttributesAnswer>(`${url}/api/attributes${query}`)
    const own = stored.filter(fits)
    const expected = counts([
      ...own.flatMap(({ attributes }) => Object.keys(attributes).map((key) => `span ${key}`)),
      ...own.flatMap(({ resource }) =>
        ['service.name', ...Object.keys(resource)].map((key) => `resource ${key}`),
      ),
    ])
    expect(new Map(keys.map(({ scope, key, spans: count }) => [`${scope} ${key}`, count]))).toEqual(expected)
  },
)

const shown = (value: PlainValue): string =>
  typeof value === 'string'
    ? `string ${value}`
    : typeof value === 'boolean'
      ? `bool ${value}`
      : `number ${value}`
const shownAnswer = ({ value }: ValuesAnswer['values'][number]): string =>
  value.stringValue !== undefined
    ? `string ${value.stringValue}`
    : value.boolValue !== undefined
      ? `bool ${value.boolValue}`
      : `number ${Number(value.intValue ?? value.doubleValue)}`

test.each([
  ['code/values', (span) => span.attributes['code'] ?? span.resource['code'], () => true],
  ['code/values?scope=resource', (span) => span.resource['code'], () => true],
  ['ratio/values?scope=span', (span) => span.attributes['ratio'], () => true],
  [
    'http.route/values?service=shop&durationMin=500000&attribute=http.status%3E%3D500',
    (span) => span.attributes['http.route'],
    ({ service, duration, attributes }) =>
      service === 'shop' && duration >= 500_000n && Number(attributes['http.status'] ?? 0) >= 500,
  ],
] as [string, (span: PlainSpan) => PlainValue | undefined, (span: PlainSpan) => boolean][])(
  'values of an attribute: %s',
  async (path, valueOf, fits) => {
    const { values } = await getJson<ValuesAnswer>(`${url}/api/attributes/${path}`)
    const expected = stored.filter(fits).flatMap((span) => valueOf(span) ?? [])
    expect(new Map(values.map((each) => [shownAnswer(each), each.spans]))).toEqual(
      counts(expected.map(shown)),
    )
    expect(values.map(({ spans: count }) => count)).toEqual(
      values.map(({ spans: count }) => count).toSorted((a, b) => b - a),
    )
  },
)

test('the most frequent values alone', async () => {
  const all = await getJson<ValuesAnswer>(`${url}/api/attributes/http.route/values`)
  const two = await getJson<ValuesAnswer>(`${url}/api/attributes/http.route/values?limit=2`)
  expect(two.values).toEqual(all.values.slice(0, 2))
})

test('a trace of an answer is what the trace is', async () => {
  const trace = await getJson<TraceAnswer>(`${url}/api/traces/${hexId(7, 32)}`)
  expect(trace.spans.map(({ spanId }) => spanId).toSorted()).toEqual(
    spans.filter(({ traceId }) => traceId === hexId(7, 32)).map(({ spanId }) => spanId),
  )
})
