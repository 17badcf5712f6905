// A sender's view: every path, both encodings, every compression, every refusal; and that what was sent is there.
import { gzipSync, deflateSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { tracePaths } from '../src/receive/routes.ts'
import { exportResponseType, rpcStatusType } from '../src/otlp/schema.ts'
import { requestBytesMax } from '../src/limits.ts'
import { hexId, requestOf } from './sample.ts'
import { getCounters, getTrace, getTraces, jsonType, post, protobufType, runIngest } from './running.ts'

const traceId = hexId(0xabc, 32)
const protobuf = requestOf([{ traceId, spanId: hexId(1, 16), name: 'GET /cart' }])
const json = JSON.stringify({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: traceId.toUpperCase(),
              spanId: hexId(1, 16),
              name: 'GET /cart',
              kind: 2,
              startTimeUnixNano: '1700000000000000000',
              endTimeUnixNano: '1700000000000001000',
            },
          ],
        },
      ],
    },
  ],
})

test.for(
  tracePaths.flatMap((path) =>
    (['protobuf', 'json'] as const).flatMap((encoding) =>
      (['identity', 'gzip', 'deflate', 'zstd'] as const).map((coding) => ({ path, encoding, coding })),
    ),
  ),
)('$path takes $encoding, $coding', async ({ path, encoding, coding }) => {
  const { url } = await runIngest()
  const plain = encoding === 'json' ? Buffer.from(json) : protobuf
  const body = {
    identity: () => plain,
    gzip: () => gzipSync(plain),
    deflate: () => deflateSync(plain),
    zstd: () => zstdCompressSync(plain),
  }[coding]()
  const headers = { ...(encoding === 'json' ? jsonType : protobufType), 'content-encoding': coding }
  const response = await post(url + path, body, headers)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(
    encoding === 'json' ? /^application\/json/ : /^application\/x-protobuf$/,
  )
  const seedAnswer = encoding === 'json' && path !== '/v1/traces'
  expect(await response.text()).toBe(encoding === 'protobuf' ? '' : seedAnswer ? '{"accepted":1}' : '{}')
  const { spans } = await getTrace(url, traceId)
  expect(spans).toMatchObject([{ traceId, name: 'GET /cart', service: 'shop', durationNano: '1000' }])
})

test('application/protobuf and a charset parameter are content types too', async () => {
  const { url } = await runIngest()
  const plain = await post(`${url}/v1/traces`, protobuf, { 'content-type': 'application/protobuf' })
  expect(plain.status).toBe(200)
  const charset = await post(`${url}/v1/traces`, json, { 'content-type': 'application/json; charset=utf-8' })
  expect(charset.status).toBe(200)
})

test('an empty request succeeds', async () => {
  const { url } = await runIngest()
  expect((await post(`${url}/v1/traces`, Buffer.alloc(0), protobufType)).status).toBe(200)
  expect((await post(`${url}/v1/traces`, '{}', jsonType)).status).toBe(200)
})

test('JSON without resourceSpans is refused on the /api paths', async () => {
  const { url } = await runIngest()
  const response = await post(`${url}/api/traces/otlp`, '{}', jsonType)
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ code: 3, message: expect.stringContaining('resourceSpans') })
})

test('what cannot be decoded is 400 with the place, in the encoding it came in', async () => {
  const { url } = await runIngest()
  const cut = await post(`${url}/v1/traces`, protobuf.subarray(0, -3), protobufType)
  expect(cut.status).toBe(400)
  expect(cut.headers.get('content-type')).toBe('application/x-protobuf')
  const status = rpcStatusType.decode(new Uint8Array(await cut.arrayBuffer())).toJSON()
  expect(status).toMatchObject({ code: 3, message: expect.stringContaining('at byte') })

  const wrong = await post(`${url}/v1/traces`, json.replace('"kind":2', '"kind":"SERVER"'), jsonType)
  expect(wrong.status).toBe(400)
  expect(await wrong.json()).toMatchObject({
    code: 3,
    message: expect.stringContaining('$.resourceSpans[0].scopeSpans[0].spans[0].kind'),
  })
  expect((await post(`${url}/v1/traces`, '{"resourceSpans": [', jsonType)).status).toBe(400)
  const notGzip = await post(`${url}/v1/traces`, protobuf, { ...protobufType, 'content-encoding': 'gzip' })
  expect(notGzip.status).toBe(400)
  expect(await getTraces(url)).toMatchObject({ traces: [] })
})

test('other content types and codings are 415 and say what is read', async () => {
  const { url } = await runIngest()
  const text = await post(`${url}/v1/traces`, 'x', { 'content-type': 'text/plain' })
  expect(text.status).toBe(415)
  expect(await text.text()).toMatch(/text\/plain.*application\/x-protobuf/)
  const brotli = await post(`${url}/v1/traces`, protobuf, { ...protobufType, 'content-encoding': 'br' })
  expect(brotli.status).toBe(415)
})

test('over 64 MiB is 413, sent so or unpacked so', async () => {
  const { url } = await runIngest()
  const bomb = gzipSync(Buffer.alloc(requestBytesMax + 1))
  expect(bomb.length).toBeLessThan(100_000)
  const unpacked = await post(`${url}/v1/traces`, bomb, { ...protobufType, 'content-encoding': 'gzip' })
  expect(unpacked.status).toBe(413)
  const status = rpcStatusType.decode(new Uint8Array(await unpacked.arrayBuffer())).toJSON()
  expect(status).toMatchObject({ code: 8, message: expect.stringContaining(String(requestBytesMax)) })
  const plain = await post(`${url}/v1/traces`, Buffer.alloc(requestBytesMax + 1), protobufType)
  expect(plain.status).toBe(413)
})

test('the cap can be set, over both what is sent and what it unpacks to', async () => {
  const { url } = await runIngest({ PROBESPAN_REQUEST_BYTES_MAX: String(2 ** 20) })
  const status = async (body: Buffer, headers: Record<string, string> = {}) =>
    (await post(`${url}/v1/traces`, body, { ...protobufType, ...headers })).status
  expect(await status(Buffer.alloc(2 ** 20 + 1))).toBe(413)
  expect(await status(gzipSync(Buffer.alloc(2 ** 20 + 1)), { 'content-encoding': 'gzip' })).toBe(413)
  expect(await status(protobuf)).toBe(200)
})

test.each([
  ['empty resources', Buffer.alloc(requestBytesMax, Buffer.from([0x0a, 0x00])), protobufType],
  ['empty objects', Buffer.from(`{"resourceSpans":[${'{},'.repeat(requestBytesMax / 3 - 10)}{}]}`), jsonType],
])('64 MiB of %s are 413, and the service goes on', async (_what, body, headers) => {
  const { url } = await runIngest()
  const response = await post(`${url}/v1/traces`, gzipSync(body), { ...headers, 'content-encoding': 'gzip' })
  expect(response.status).toBe(413)
  expect(await response.text()).toMatch(/send fewer spans/)
  expect((await post(`${url}/v1/traces`, protobuf, protobufType)).status).toBe(200)
})

test('with a key set, sending and reading need it; health and the page do not', async () => {
  const { url } = await runIngest({ TRACES_INGESTION_API_KEY: 'open-sesame' })
  const send = async (headers: Record<string, string>) =>
    (await post(`${url}/v1/traces`, protobuf, { ...protobufType, ...headers })).status
  expect(await send({})).toBe(401)
  expect(await send({ 'x-api-key': 'open' })).toBe(401)
  expect(await send({ authorization: 'Basic open-sesame' })).toBe(401)
  expect(await send({ 'x-api-key': 'open-sesame' })).toBe(200)
  expect(await send({ authorization: 'Bearer open-sesame' })).toBe(200)
  for (const path of ['/api/traces', `/api/traces/${traceId}`, '/api/services', '/api/counters']) {
    expect((await fetch(url + path)).status).toBe(401)
    expect((await fetch(url + path, { headers: { 'x-api-key': 'open-sesame' } })).status).toBe(200)
  }
  expect((await post(`${url}/v1/metrics`, '{}', jsonType)).status).toBe(401)
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  expect((await fetch(url)).status).toBe(200)
})

test('switched off, it answers 501', async () => {
  const { url } = await runIngest({ TRACES_INGESTION_ENABLED: 'false' })
  const response = await post(`${url}/v1/traces`, json, jsonType)
  expect(response.status).toBe(501)
  expect(await response.json()).toMatchObject({
    code: 12,
    message: expect.stringContaining('TRACES_INGESTION'),
  })
})

test('metrics and logs are answered as accepted, in their encoding, and counted', async () => {
  const { url } = await runIngest()
  for (const path of ['/v1/metrics', '/api/traces/otlp/v1/metrics', '/v1/logs', '/api/traces/otlp/v1/logs']) {
    const binary = await post(url + path, Buffer.from([1, 2, 3]), protobufType)
    expect([binary.status, await binary.text()]).toEqual([200, ''])
    const text = await post(url + path, '{}', jsonType)
    expect([text.status, await text.text()]).toEqual([200, '{}'])
  }
  expect(await getCounters(url)).toMatchObject({ metricsDiscarded: 4, logsDiscarded: 4, spansStored: 0 })
})

test('spans that break a rule are reported with the rule, the others are stored', async () => {
  const { url } = await runIngest()
  const mixed = requestOf([
    { traceId, spanId: hexId(1, 16), name: 'good' },
    { traceId: 'abcd', spanId: hexId(2, 16) },
    { traceId, spanId: hexId(0, 16) },
  ])
  const response = await post(`${url}/v1/traces`, mixed, protobufType)
  expect(response.status).toBe(200)
  const { partialSuccess } = exportResponseType.decode(new Uint8Array(await response.arrayBuffer())).toJSON()
  expect(partialSuccess).toMatchObject({
    rejectedSpans: '2',
    errorMessage: expect.stringMatching(/trace_id must be 16 bytes.*span_id must be 8 bytes/),
  })
  expect((await getTrace(url, traceId)).spans.map((span) => span.name)).toEqual(['good'])
  expect(await getCounters(url)).toMatchObject({ spansStored: 1, spansRejected: 2 })

  const bad = json.replace(`"spanId":"${hexId(1, 16)}"`, '"spanId":"00"')
  const answer = await post(`${url}/api/traces/otlp`, bad, jsonType)
  expect(await answer.json()).toMatchObject({ accepted: 0, partialSuccess: { rejectedSpans: '1' } })
})

test('a value nested thousands deep is refused as JSON; as protobuf it is kept as sent, and shown as bytes', async () => {
  const { url } = await runIngest()
  const depth = 5_000
  const deepJson = `${'{"arrayValue":{"values":['.repeat(depth)}${']}}'.repeat(depth)}`
  const attributes = `"attributes":[{"key":"deep","value":${deepJson}}],"name"`
  const refused = await post(`${url}/v1/traces`, json.replace('"name"', attributes), jsonType)
  expect(refused.status).toBe(400)
  expect(await refused.json()).toMatchObject({ message: expect.stringContaining('nested over 100 deep') })

  const field = (tag: number, content: Buffer): Buffer => {
    const length: number[] = []
    for (let rest = content.length; length.length === 0 || rest > 0; rest >>= 7)
      length.push((rest & 127) | (rest > 127 ? 128 : 0))
    return Buffer.concat([Buffer.from([tag, ...length]), content])
  }
  let value: Buffer = Buffer.alloc(0)
  for (let level = 0; level < depth; level++) value = field(0x2a, field(0x0a, value))
  const deep = field(0x4a, Buffer.concat([field(0x0a, Buffer.from('deep')), field(0x12, value)]))
  const span = Buffer.concat([
    field(0x0a, Buffer.from(traceId, 'hex')),
    field(0x12, Buffer.alloc(8, 1)),
    deep,
  ])
  const body = field(0x0a, field(0x12, field(0x12, span)))
  expect((await post(`${url}/v1/traces`, body, protobufType)).status).toBe(200)
  const { spans } = await getTrace(url, traceId)
  expect(spans[0]?.attributes.map(({ key }) => key)).toEqual(['probespan.undecodable'])
})
