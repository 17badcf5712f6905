// Jaeger's v1 and v3 APIs over HTTP: what its page and Grafana's data source send, and answers held to what those read.
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  dependencies,
  failure,
  operations,
  result,
  services,
  summaries,
  v1,
  v1Failure,
  v1Trace,
} from './jaeger-shapes.ts'
import { post, protobufType, runIngest } from './running.ts'
import { requestOf } from './sample.ts'
import { sharedIngest } from './shared-ingest.ts'
import { checkout, job, listing, shopRequest, spanId, startNano, startSeconds } from './shop-traces.ts'

const { url: shop } = sharedIngest([shopRequest])
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString()
const times = `query.startTimeMin=${iso(startSeconds - 60)}&query.startTimeMax=${iso(startSeconds + 60)}`
const micros = `start=${startSeconds - 60}000000&end=${startSeconds + 60}000000`

async function ask<Shape extends z.ZodType>(
  path: string,
  shape: Shape,
  status = 200,
): Promise<z.infer<Shape>> {
  const response = await fetch(shop() + path)
  const text = await response.text()
  expect(response.status, text).toBe(status)
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  return shape.parse(JSON.parse(text))
}

test.for(['', '/jaeger'])(
  'v3 at "%s": services, operations and summaries, as the page asks for them',
  async (base) => {
    expect(await ask(`${base}/api/v3/services`, services)).toEqual({
      services: ['catalog', 'payments', 'shop', 'unknown_service'],
    })
    expect(await ask(`${base}/api/v3/operations?service=payments`, operations)).toEqual({
      operations: [
        { name: 'Pay', spanKind: 'server' },
        { name: 'check', spanKind: 'internal' },
      ],
    })
    expect(await ask(`${base}/api/v3/operations?service=shop&spanKind=server`, operations)).toEqual({
      operations: [
        { name: 'GET /products', spanKind: 'server' },
        { name: 'POST /checkout', spanKind: 'server' },
      ],
    })
    expect(await ask(`${base}/api/v3/operations?service=nobody`, operations)).toEqual({ operations: [] })
    const found = await ask(
      `${base}/api/v3/trace-summaries?query.serviceName=payments&query.searchDepth=20&${times}`,
      summaries,
    )
    expect(found).toEqual({
      summaries: [
        {
          traceId: checkout,
          rootServiceName: 'shop',
          rootOperationName: 'POST /checkout',
          minStartTimeUnixNano: String(startNano),
          maxEndTimeUnixNano: String(startNano + 1_200_000_000n),
          spanCount: 5,
          errorSpanCount: 3,
          services: [
            { name: 'payments', spanCount: 2, errorSpanCount: 1 },
            { name: 'shop', spanCount: 3, errorSpanCount: 2 },
          ],
        },
      ],
    })
  },
)

test('a summary says how many spans have lost their parent', async () => {
  const { summaries: found } = await ask(
    `/api/v3/trace-summaries?query.operationName=nightly&${times}`,
    summaries,
  )
  expect(found).toMatchObject([{ traceId: job, spanCount: 1, orphanSpanCount: 1 }])
})

const attributes = (map: object): string => `query.attributes=${encodeURIComponent(JSON.stringify(map))}`

test.for([
  ['', [job, listing, checkout]],
  ['query.serviceName=shop', [listing, checkout]],
  ['query.service_name=shop&query.operation_name=pay', [checkout]],
  ['query.durationMin=1s', [checkout]],
  ['query.durationMin=20ms&query.durationMax=50ms', [listing, checkout]],
  ['query.duration_max=10ms', [job, checkout]],
  [attributes({ 'http.status_code': '500' }), [checkout]],
  [attributes({ 'http.status_code': '200', 'http.route': '/products' }), [listing]],
  [attributes({ error: 'true' }), [checkout]],
  [attributes({ 'span.kind': 'server', 'deployment.environment': 'test' }), [listing, checkout]],
  [attributes({ 'otel.status_code': 'OK' }), [listing]],
  [attributes({ 'otel.scope.name': 'grpc' }), [checkout]],
  [attributes({ nothing: 'here' }), []],
  ['query.searchDepth=1', [job]],
  ['query.num_traces=2', [job, listing]],
] as const)('v3 finds by %s', async ([query, traces]) => {
  const found = await ask(`/jaeger/api/v3/trace-summaries?${times}&${query}`, summaries)
  expect(found.summaries.map(({ traceId }) => traceId)).toEqual(traces)
})

test('v3 gives whole traces as OTLP, the spans of all in one list; none found is a 404 in its envelope', async () => {
  const idsOf = ({ result: { resourceSpans } }: z.infer<typeof result>) =>
    resourceSpans.flatMap(({ scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) => spans.map(({ spanId }) => spanId)),
    )
  const found = await ask(`/api/v3/traces?${times}&query.service_name=shop&query.start_time_min=x`, result)
  expect(idsOf(found)).toEqual([11, 12, 1, 2, 3, 4, 5].map(spanId))
  const one = await ask(`/api/v3/traces/${checkout}?start_time=${iso(1)}&end_time=${iso(2)}`, result)
  expect(idsOf(one)).toEqual([1, 2, 3, 4, 5].map(spanId))
  expect(one.result.resourceSpans[0]?.scopeSpans[0]?.spans[0]).toMatchObject({
    traceId: checkout,
    kind: 2,
    status: { code: 2, message: 'payment failed' },
    traceState: 'a=1',
  })
  await ask(`/api/v3/traces/${job}`, result)
  expect(await ask(`/api/v3/traces?${times}&query.serviceName=nobody`, failure, 404)).toEqual({
    error: { httpCode: 404, message: 'No traces found' },
  })
  await ask(`/api/v3/traces/${'ab'.repeat(16)}`, failure, 404)
})

test('v3 takes a zone whose + was not escaped, and a trace id in base64', async () => {
  const zone = (seconds: number) => `${new Date((seconds + 7200) * 1000).toISOString().slice(0, -1)}+02:00`
  const path = `/api/v3/trace-summaries?query.start_time_min=${zone(startSeconds - 60)}&query.start_time_max=${zone(startSeconds + 60)}`
  expect((await ask(path, summaries)).summaries).toHaveLength(3)
  const base64 = Buffer.from(checkout, 'hex').toString('base64url')
  await ask(`/api/v3/traces/${base64}`, result)
})

test.for([
  ['/api/v3/trace-summaries', 'startTimeMin'],
  [`/api/v3/traces?query.startTimeMin=${iso(5)}&query.startTimeMax=${iso(5)}`, 'before'],
  ['/api/v3/traces?query.startTimeMin=now&query.startTimeMax=then', 'query.startTimeMin is "now"'],
  [`/api/v3/traces?${times}&query.durationMin=5`, 'query.durationMin is "5"'],
  [`/api/v3/traces?${times}&query.attributes=a`, 'query.attributes is "a"'],
  [`/api/v3/traces?${times}&query.searchDepth=many`, 'query.searchDepth is "many"'],
  [`/api/v3/traces?${times}&query.rawTraces=perhaps`, 'query.rawTraces'],
  [`/api/v3/traces?${times}&query.filter=%7B%7D`, 'query.filter is not supported'],
  ['/api/v3/traces/xyz', 'hex digits'],
] as const)('v3 refuses %s in its envelope', async ([path, words]) => {
  expect(await ask(`/jaeger${path}`, failure, 400)).toEqual({
    error: { httpCode: 400, message: expect.stringContaining(words) },
  })
})

test('v1: services and operations', async () => {
  expect(await ask('/jaeger/api/services', v1(z.string()))).toMatchObject({
    data: ['catalog', 'payments', 'shop', 'unknown_service'],
    total: 4,
  })
  expect(await ask('/jaeger/api/services/payments/operations', v1(z.string()))).toMatchObject({
    data: ['Pay', 'check'],
  })
  const operation = z.strictObject({ name: z.string(), spanKind: z.string() })
  expect(await ask('/jaeger/api/operations?service=shop&spanKind=client', v1(operation))).toMatchObject({
    data: [
      { name: 'SELECT products', spanKind: 'client' },
      { name: 'pay', spanKind: 'client' },
    ],
  })
})

test('v1: a service whose name has a slash and more than a hundred letters', async () => {
  const { url } = await runIngest()
  const service = `team/shop ${'x'.repeat(200)}`
  const span = { traceId: checkout, spanId: spanId(1), service, name: 'a/b' }
  expect((await post(`${url}/v1/traces`, requestOf([span]), protobufType)).status).toBe(200)
  for (const name of [encodeURIComponent(service), encodeURIComponent(service).replaceAll('%2F', '/')]) {
    const response = await fetch(`${url}/jaeger/api/services/${name}/operations`)
    expect(v1(z.string()).parse(await response.json()).data).toEqual(['a/b'])
  }
})

test.for([
  [`service=shop&limit=20&${micros}`, [listing, checkout]],
  [`service=shop&operation=pay&${micros}`, [checkout]],
  [`service=shop&minDuration=1s&${micros}`, [checkout]],
  [`service=shop&maxDuration=35ms&minDuration=25ms&${micros}`, [listing]],
  [`service=shop&tags=${encodeURIComponent('{"http.status_code":"500"}')}&${micros}`, [checkout]],
  [`service=payments&tag=error:true&${micros}`, [checkout]],
  [`service=shop&lookback=1h`, [listing, checkout]],
  [`traceID=${checkout}&traceID=${listing.replace(/^0+/, '')}`, [checkout, listing]],
  [`service=nobody&${micros}`, []],
] as const)('v1 finds whole traces by %s', async ([query, traces]) => {
  const found = await ask(`/jaeger/api/traces?${query}`, v1(v1Trace))
  expect(found.data.map(({ traceID }) => traceID)).toEqual(traces)
  expect(found.errors).toBeNull()
})

test('v1: one trace, with references, tags, logs and processes', async () => {
  const { data } = await ask(`/jaeger/api/traces/${checkout}?raw=true&start=1&end=2`, v1(v1Trace))
  const [trace] = data
  expect(trace?.processes).toEqual({
    p1: { serviceName: 'shop', tags: [{ key: 'deployment.environment', type: 'string', value: 'test' }] },
    p2: { serviceName: 'payments', tags: [{ key: 'deployment.environment', type: 'string', value: 'test' }] },
  })
  const pay = trace?.spans.find(({ operationName }) => operationName === 'Pay')
  expect(pay).toMatchObject({
    processID: 'p2',
    startTime: Number(startNano / 1000n) + 110_000,
    duration: 950_000,
    references: [
      { refType: 'CHILD_OF', traceID: checkout, spanID: spanId(3) },
      { refType: 'FOLLOWS_FROM', traceID: listing, spanID: spanId(11) },
    ],
    logs: [
      {
        fields: [
          { key: 'event', type: 'string', value: 'exception' },
          { key: 'exception.message', type: 'string', value: 'card refused' },
          { key: 'exception.type', type: 'string', value: 'Refused' },
        ],
      },
    ],
  })
  expect(pay?.tags).toEqual(expect.arrayContaining([{ key: 'error', type: 'bool', value: true }]))
})

test.for([
  [`/api/traces/${'ab'.repeat(16)}`, 404, 'trace not found'],
  ['/api/traces/xyz', 400, 'hex digits'],
  ['/api/traces?service=shop&start=yesterday', 400, 'start is "yesterday"'],
  ['/api/traces?service=shop&tags=a', 400, 'tags is "a"'],
  ['/api/traces?service=shop&tag=a', 400, 'key:value'],
  ['/api/traces?service=shop&minDuration=1', 400, 'minDuration is "1"'],
  ['/api/traces?service=shop&minDuration=2s&maxDuration=1s', 400, 'minDuration'],
  ['/api/traces?traceID=xyz', 400, 'traceID is "xyz"'],
  ['/api/archive/1', 404, '/jaeger/api/archive/1'],
  ['/api/services/shop', 404, 'no path'],
] as const)('v1 answers %s with %s in its own form', async ([path, status, words]) => {
  const { errors } = await ask(`/jaeger${path}`, v1Failure, status)
  expect(errors).toEqual([{ code: status, msg: expect.stringContaining(words) }])
})

test('dependencies, in both APIs, once both ends of a call were counted', async () => {
  const link = z.strictObject({ parent: z.string(), child: z.string(), callCount: z.int() })
  const wanted = { parent: 'shop', child: 'payments', callCount: 1 }
  const path = `/jaeger/api/dependencies?endTs=${(startSeconds + 600) * 1000}&lookback=3600000`
  let data: z.infer<typeof link>[] = []
  while (!data.some(({ child }) => child === 'payments')) {
    ;({ data } = await ask(path, v1(link)))
    await wait(100)
  }
  expect(data).toContainEqual(wanted)
  const range = `startTime=${iso(startSeconds - 600)}&endTime=${iso(startSeconds + 600)}`
  expect((await ask(`/jaeger/api/v3/dependencies?${range}`, dependencies)).dependencies).toContainEqual({
    ...wanted,
    callCount: '1',
  })
  expect((await ask(`${path}&service=catalog`, v1(link))).data).not.toContainEqual(wanted)
})

test('with keys set, only a key that may read', async () => {
  const { url } = await runIngest({ TRACES_INGESTION_API_KEY: 'open' })
  for (const path of ['/api/v3/services', '/jaeger/api/v3/services', '/jaeger/api/services']) {
    expect((await fetch(url + path)).status).toBe(401)
    expect((await fetch(url + path, { headers: { authorization: 'Bearer open' } })).status).toBe(200)
  }
})
