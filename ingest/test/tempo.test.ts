// Tempo's API over stored traces, read as strictly as Grafana reads it: every answer as JSON and as protobuf against
// Tempo's own definitions.
import { expect, test } from 'vitest'
import { base64AndHex, otlpSpans, spanIdsOf } from './otlp-trace.ts'
import { runIngest } from './running.ts'
import { sharedIngest } from './shared-ingest.ts'
import { checkout, job, listing, range, shopRequest, spanId, startNano, startSeconds } from './shop-traces.ts'
import { strictJson, strictProtobuf } from './strict-message.ts'
import { asProtobuf, askTempo as ask } from './tempo-client.ts'
import type { Answer } from './tempo-client.ts'
import { tempoType } from './tempo-messages.ts'

const { url: shop } = sharedIngest([shopRequest])

const search = (url: string, q: string, more = ''): Promise<Answer> =>
  ask(`${url}/tempo/api/search?q=${encodeURIComponent(q)}&${range}${more}`, 'SearchResponse')

test('what Grafana asks to see whether it is there', async () => {
  const url = shop()
  for (const base of [url, `${url}/tempo`]) {
    expect(await (await fetch(`${base}/api/echo`)).text()).toBe('echo')
    expect((await fetch(`${base}/ready`)).status).toBe(200)
    expect(await (await fetch(`${base}/api/status/buildinfo`)).json()).toMatchObject({
      version: expect.stringMatching(/^2\.\d+\.\d+$/),
    })
  }
})

test('a found trace: its root, its services, and the spans that matched, cut to spss but counted before', async () => {
  const url = shop()
  const { traces } = await search(url, '{ status = error }', '&spss=2')
  expect(traces).toEqual([
    {
      traceID: checkout,
      rootServiceName: 'shop',
      rootTraceName: 'POST /checkout',
      startTimeUnixNano: String(startNano),
      durationMs: 1200,
      spanSets: [
        {
          spans: [
            {
              spanID: spanId(1),
              name: 'POST /checkout',
              startTimeUnixNano: String(startNano),
              durationNanos: '1200000000',
              attributes: [{ key: 'status', value: { stringValue: 'error' } }],
            },
            {
              spanID: spanId(3),
              name: 'pay',
              startTimeUnixNano: String(startNano + 100_000_000n),
              durationNanos: '1000000000',
              attributes: [{ key: 'status', value: { stringValue: 'error' } }],
            },
          ],
          matched: 3,
        },
      ],
      serviceStats: {
        payments: { spanCount: 2, errorCount: 1 },
        shop: { spanCount: 3, errorCount: 2 },
      },
    },
  ])
})

test('selected fields come typed and by their bare name; groups as attributes of their span set', async () => {
  const url = shop()
  const text =
    '{ span.http.status_code = 500 } | select(span.http.status_code, span.retry, span.ratio, resource.service.name, kind, duration)'
  const [trace] = (await search(url, text))['traces']
  expect(trace.spanSets[0].spans[0].attributes).toEqual(
    expect.arrayContaining([
      { key: 'http.status_code', value: { intValue: '500' } },
      { key: 'retry', value: { boolValue: true } },
      { key: 'ratio', value: { doubleValue: 0.5 } },
      { key: 'service.name', value: { stringValue: 'shop' } },
      { key: 'kind', value: { stringValue: 'server' } },
    ]),
  )
  const [grouped] = (await search(url, '{ status = error } | by(resource.service.name)'))['traces']
  expect(grouped.spanSets.map(({ attributes, matched }: Answer) => [attributes, matched])).toEqual(
    expect.arrayContaining([
      [[{ key: 'by(resource.service.name)', value: { stringValue: 'shop' } }], 2],
      [[{ key: 'by(resource.service.name)', value: { stringValue: 'payments' } }], 1],
    ]),
  )
})

test('newest first, as many as asked for, within the range; no range and no query is all there is', async () => {
  const url = shop()
  const ids = async (query: string) =>
    ((await ask(`${url}/api/search?${query}`, 'SearchResponse'))['traces'] ?? []).map(
      ({ traceID }: Answer) => traceID,
    )
  expect(await ids('')).toEqual([job, listing, checkout])
  expect(await ids('q=%7B%7D&limit=2')).toEqual([job, listing])
  expect(await ids(`q=%7B%7D&start=${startSeconds + 5}&end=${startSeconds + 6}`)).toEqual([listing])
  expect(await ids(`start=${startSeconds - 50}&end=${startSeconds - 40}`)).toEqual([])
})

test.for([
  ['service.name=shop', [listing, checkout]],
  ['service.name=SHO', [listing, checkout]],
  ['name=pay', [checkout]],
  ['http.status_code=500', [checkout]],
  ['retry=true', [checkout]],
  ['status.code=ok', [listing]],
  ['error=true', [checkout]],
  ['root.name="POST /checkout" service.name=payments', [checkout]],
  ['service.name=shop http.route=/products', [listing]],
  ['service.name=nobody', []],
] as const)('older clients: tags %s', async ([tags, expected]) => {
  const url = shop()
  const { traces = [] } = await ask(
    `${url}/tempo/api/search?tags=${encodeURIComponent(tags)}`,
    'SearchResponse',
  )
  expect(traces.map(({ traceID }: Answer) => traceID)).toEqual(expected)
})

test('older clients: by a trace’s duration', async () => {
  const url = shop()
  const ids = async (query: string) =>
    ((await ask(`${url}/tempo/api/search?${query}`, 'SearchResponse'))['traces'] ?? []).map(
      ({ traceID }: Answer) => traceID,
    )
  expect(await ids('minDuration=1s')).toEqual([checkout])
  expect(await ids('minDuration=20ms&maxDuration=100ms')).toEqual([listing])
})

test.for([
  ['/api/search?q=%7B%20name%20%3D', 'invalid TraceQL query: At character'],
  ['/api/search?q=%7B%7D%7Crate()', '/api/metrics/query_range'],
  ['/api/search?q=%7B%7D&tags=a%3Db', 'q or tags'],
  ['/api/search?tags=%3Dx', 'tags is'],
  ['/api/search?limit=0', 'limit is "0"'],
  ['/api/search?start=yesterday', 'start is "yesterday"'],
  ['/api/search?start=20&end=10', 'before end'],
  ['/api/search?minDuration=5', 'minDuration is "5"'],
  ['/api/metrics/query_range', 'q is missing'],
  ['/api/metrics/query_range?q=%7B%7D', '| rate()'],
  ['/api/metrics/query_range?q=%7B%7D%7Crate()&step=0.00001', 'a longer step'],
  ['/api/metrics/query?q=%7B%7D%7Crate()&start=20&end=10', 'after start'],
  ['/api/v2/search/tags?scope=universe', 'scope is "universe"'],
  ['/api/v2/search/tag/%7B/values', 'the tag is "{"'],
  ['/api/v2/traces/xyz', 'hex digits'],
] as const)('%s is refused in words that Grafana shows', async ([path, words]) => {
  const url = shop()
  const response = await fetch(`${url}/tempo${path}`)
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
  expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(words)])
})

test('one trace, by both APIs and in both encodings, with all messages that Grafana looks into', async () => {
  const url = shop()
  const v2 = strictJson(tempoType('TraceByIDResponse'), await textOf(`${url}/api/v2/traces/${checkout}`))
  const v1 = strictJson(
    tempoType('TraceV1'),
    await textOf(`${url}/tempo/api/traces/${checkout}?start=1&end=2`),
  )
  expect(v1['batches']).toEqual((v2['trace'] as Answer)['resourceSpans'])
  const bytes = await bytesOf(`${url}/api/v2/traces/${checkout}`)
  const wrapped = strictProtobuf(tempoType('TraceByIDResponse'), bytes)
  const bare = await bytesOf(`${url}/tempo/api/traces/${checkout}`)
  expect(strictProtobuf(tempoType('Trace'), bare)).toEqual(wrapped['trace'])
  expect(wrapped['metrics']).toEqual({ inspectedBytes: String(bare.length) })
  expect(spanIdsOf(bare)).toEqual([
    ['shop', 'http', [1, 2, 3].map(spanId)],
    ['payments', 'grpc', [4, 5].map(spanId)],
  ])
  expect(otlpSpans(bare).every(({ status }) => status !== undefined)).toBe(true)
  expect(base64AndHex(v2['trace'])).toMatchObject({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              {
                traceId: checkout,
                spanId: spanId(1),
                kind: 2,
                status: { code: 2, message: 'payment failed' },
              },
              {},
              {},
            ],
          },
        ],
      },
      {},
    ],
  })
  // Left out by its sender, there for Grafana.
  const alone = strictProtobuf(tempoType('Trace'), await bytesOf(`${url}/tempo/api/traces/${job}`))
  expect(alone).toMatchObject({
    resourceSpans: [{ resource: {}, scopeSpans: [{ scope: {}, spans: [{ status: {} }] }] }],
  })
})

test('a trace id without its leading zeros is the same; an unknown one is a 404 in words', async () => {
  const url = shop()
  expect(
    (
      await fetch(`${url}/api/v2/traces/${checkout.replace(/^0+/, '').toUpperCase()}`, {
        headers: asProtobuf,
      })
    ).status,
  ).toBe(200)
  for (const path of ['/tempo/api/v2/traces/abc', '/tempo/api/traces/abc', '/api/v2/traces/abc']) {
    const response = await fetch(url + path, { headers: asProtobuf })
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('not found')])
  }
})

test('series over time: values by label, on whole steps; and one value for the range', async () => {
  const url = shop()
  const q = encodeURIComponent('{ } | count_over_time() by (resource.service.name)')
  const series = (await ask(`${url}/api/metrics/query_range?q=${q}&${range}&step=30s`, 'QueryRangeResponse'))[
    'series'
  ]
  const sums = Object.fromEntries(
    series.map(({ labels, samples }: Answer) => [
      labels[0].value.stringValue,
      samples.reduce((sum: number, { value = 0 }: Answer) => sum + value, 0),
    ]),
  )
  expect(series[0].labels[0].key).toBe('resource.service.name')
  expect(sums).toEqual({ shop: 4, payments: 2, catalog: 1, unknown_service: 1 })
  for (const { samples } of series) {
    expect(samples.every(({ timestampMs }: Answer) => Number(timestampMs) % 30_000 === 0)).toBe(true)
  }
  const instant = await ask(`${url}/api/metrics/query?q=${q}&${range}`, 'QueryInstantResponse')
  expect(
    Object.fromEntries(
      instant['series'].map(({ labels, value }: Answer) => [labels[0].value.stringValue, value]),
    ),
  ).toEqual(sums)
})

test('a metrics query names example traces, as many as asked for', async () => {
  const url = shop()
  const q = encodeURIComponent('{ status = error } | rate()')
  const ids = async (more: string) =>
    (await ask(`${url}/api/metrics/query_range?q=${q}&${range}&step=30s${more}`, 'QueryRangeResponse'))[
      'series'
    ]
      .flatMap(({ exemplars = [] }: Answer) => exemplars)
      .map(({ labels }: Answer) => labels.find(({ key }: Answer) => key === 'trace:id').value.stringValue)
  expect(new Set(await ids(''))).toEqual(new Set([checkout]))
  expect((await ids('&exemplars=1')).length).toBeLessThanOrEqual(1)
})

test('with keys set, only a key that may read, sent in any of the ways that data sources know', async () => {
  const { url } = await runIngest({ TRACES_INGESTION_API_KEY: 'open' })
  const status = async (path: string, headers: Record<string, string>) =>
    (await fetch(url + path, { headers })).status
  const basic = `Basic ${Buffer.from('grafana:open').toString('base64')}`
  for (const path of [
    '/tempo/api/search',
    '/api/v2/search/tags',
    '/tempo/api/traces/abc',
    '/api/v2/traces/abc',
  ]) {
    const known = path.includes('traces') ? 404 : 200
    expect(await status(path, {})).toBe(401)
    expect(
      await status(path, { authorization: `Basic ${Buffer.from('grafana:wrong').toString('base64')}` }),
    ).toBe(401)
    expect(await status(path, { authorization: basic })).toBe(known)
    expect(await status(path, { authorization: 'Bearer open' })).toBe(known)
    expect(await status(path, { 'x-api-key': 'open' })).toBe(known)
  }
  expect(await status('/tempo/api/echo', {})).toBe(200)
})

test('other paths below are refused, never the page', async () => {
  const response = await fetch(`${shop()}/tempo/api/overrides`)
  expect([response.status, await response.text()]).toEqual([
    404,
    expect.stringContaining('/tempo/api/overrides'),
  ])
})

const textOf = async (url: string): Promise<string> => (await fetch(url)).text()
const bytesOf = async (url: string): Promise<Uint8Array> =>
  new Uint8Array(await (await fetch(url, { headers: asProtobuf })).arrayBuffer())
