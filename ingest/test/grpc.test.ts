// A gRPC sender's view: what is taken, every refusal with its status, and that nothing is lost or half stored.
import { once } from 'node:events'
import { connect } from 'node:http2'
import { status } from '@grpc/grpc-js'
import { expect, test, vi } from 'vitest'
import { requestBytesMax } from '../src/limits.ts'
import { exportResponseType } from '../src/otlp/schema.ts'
import { framed, grpcExport, methods, packed, rawCaller } from './grpc-client.ts'
import { hexId, requestOf } from './sample.ts'
import { getCounters, getTrace, getTraces, runIngest } from './running.ts'

const traceId = hexId(0xabc, 32)
const body = requestOf([{ traceId, spanId: hexId(1, 16), name: 'GET /cart' }])

async function running(env: Record<string, string> = {}): Promise<{ base: string; url: string }> {
  const { url: base, otlpGrpcUrl: url = '' } = await runIngest({ PROBESPAN_OTLP_GRPC_PORT: '0', ...env })
  return { base, url }
}

test.each([false, true])('a call of grpc-js is taken and read back (gzip: %s)', async (gzip) => {
  const { base, url } = await running()
  expect(await grpcExport({ url, gzip }, body)).toMatchObject({ code: status.OK, body: Buffer.alloc(0) })
  expect((await getTrace(base, traceId)).spans).toMatchObject([{ name: 'GET /cart', service: 'shop' }])
})

test('zstd and deflate are read as well; others are UNIMPLEMENTED and told what is read', async () => {
  const { base, url } = await running()
  const call = rawCaller(url)
  expect(await call(framed(packed.zstd(body), 1), { 'grpc-encoding': 'zstd' })).toMatchObject({
    status: 200,
    grpcStatus: status.OK,
  })
  expect((await getTrace(base, traceId)).spans).toHaveLength(1)
  expect(await call(framed(body, 1), { 'grpc-encoding': 'snappy' })).toMatchObject({
    grpcStatus: status.UNIMPLEMENTED,
    message: expect.stringMatching(/snappy.*gzip, deflate, zstd/),
  })
})

test('an empty request succeeds', async () => {
  const { url } = await running()
  expect(await grpcExport({ url }, Buffer.alloc(0))).toMatchObject({ code: status.OK })
})

test('spans that break a rule are told as partial success', async () => {
  const { url } = await running()
  const mixed = requestOf([
    { traceId, spanId: hexId(1, 16) },
    { traceId, spanId: hexId(0, 16) },
  ])
  const { code, body: answer } = await grpcExport({ url }, mixed)
  expect(code).toBe(status.OK)
  expect(exportResponseType.decode(answer).toJSON()['partialSuccess']).toMatchObject({
    rejectedSpans: '1',
    errorMessage: expect.stringContaining('span_id must be 8 bytes'),
  })
})

test('metrics and logs are answered as accepted and counted; other methods are UNIMPLEMENTED', async () => {
  const { base, url } = await running()
  for (const method of [methods.metrics, methods.logs]) {
    expect(await grpcExport({ url, method }, Buffer.from([1, 2, 3]))).toMatchObject({ code: status.OK })
  }
  expect(await getCounters(base)).toMatchObject({ metricsDiscarded: 1, logsDiscarded: 1, spansStored: 0 })
  const unknown = await grpcExport({ url, method: '/grpc.health.v1.Health/Watch' }, body)
  expect(unknown).toMatchObject({ code: status.UNIMPLEMENTED, message: expect.stringContaining('Health') })
})

test('health is told without a key, of the whole and of each service, and not of others', async () => {
  const { url } = await running({ TRACES_INGESTION_API_KEY: 'open-sesame' })
  const check = (service: string) =>
    grpcExport({ url, method: '/grpc.health.v1.Health/Check' }, healthRequest(service))
  const serving = { code: status.OK, body: Buffer.from([0x08, 1]) }
  expect(await check('')).toMatchObject(serving)
  expect(await check('opentelemetry.proto.collector.trace.v1.TraceService')).toMatchObject(serving)
  expect(await check('shop.v1.Cart')).toMatchObject({
    code: status.NOT_FOUND,
    message: expect.stringContaining('shop.v1.Cart'),
  })
  const long = await grpcExport({ url, method: '/grpc.health.v1.Health/Check' }, Buffer.alloc(10_000))
  expect(long).toMatchObject({ code: status.RESOURCE_EXHAUSTED })
})

/** HealthCheckRequest: the name is field 1. */
const healthRequest = (service: string): Buffer =>
  service === ''
    ? Buffer.alloc(0)
    : Buffer.concat([Buffer.from([0x0a, service.length]), Buffer.from(service)])

test('what cannot be decoded is INVALID_ARGUMENT with the place, and nothing of it is kept', async () => {
  const { base, url } = await running()
  const call = rawCaller(url)
  const broken: [Buffer, Record<string, string>?][] = [
    [framed(body.subarray(0, -3))],
    [framed(body, 1), { 'grpc-encoding': 'gzip' }],
    [framed(packed.gzip(body).subarray(0, -9), 1), { 'grpc-encoding': 'gzip' }],
    [framed(body, 1)],
    [framed(body, 7), { 'grpc-encoding': 'gzip' }],
    [framed(body).subarray(0, -1)],
    [Buffer.concat([framed(body), framed(body)])],
    [Buffer.from([0, 0, 0])],
    [Buffer.alloc(0)],
  ]
  for (const [frames, headers] of broken) {
    expect(await call(frames, headers)).toMatchObject({ status: 200, grpcStatus: status.INVALID_ARGUMENT })
  }
  expect((await call(framed(body.subarray(0, -3)))).message).toMatch(/at byte \d+/)
  expect(await getTraces(base)).toMatchObject({ traces: [] })
})

test('what is no gRPC call is 415', async () => {
  const { url } = await running()
  expect(await rawCaller(url)(framed(body), { 'content-type': 'application/json' })).toMatchObject({
    status: 415,
  })
})

test('a request of HTTP/1 fails alone: its sender means the other port', async () => {
  const { url } = await running()
  await expect(fetch(`${url}/v1/traces`, { method: 'POST', body: new Uint8Array(body) })).rejects.toThrow(
    'fetch failed',
  )
  expect(await grpcExport({ url }, body)).toMatchObject({ code: status.OK })
})

test('many large calls at once over one connection are all taken', async () => {
  const { url, base } = await running()
  const call = rawCaller(url)
  const large = (index: number) =>
    requestOf(
      Array.from({ length: 2_000 }, (_, at) => ({
        traceId: hexId(index * 10_000 + at + 1, 32),
        spanId: hexId(1, 16),
        name: 'x'.repeat(500),
      })),
    )
  const answers = await Promise.all(Array.from({ length: 24 }, (_, index) => call(framed(large(index)))))
  expect(answers.map(({ grpcStatus }) => grpcStatus)).toEqual(answers.map(() => status.OK))
  expect(await getCounters(base)).toMatchObject({ spansStored: 48_000 })
})

test('a caller that goes away in the middle of its message harms nobody', async () => {
  const { base, url } = await running()
  const session = connect(url)
  const stream = session.request({
    ':method': 'POST',
    ':path': methods.traces,
    'content-type': 'application/grpc',
  })
  stream.on('error', () => {})
  stream.write(framed(body).subarray(0, -10))
  await once(session, 'remoteSettings')
  session.destroy()
  expect(await grpcExport({ url }, body)).toMatchObject({ code: status.OK })
  await vi.waitFor(async () =>
    expect(await getCounters(base)).toMatchObject({ requestsRefused: 1, spansStored: 1 }),
  )
})

test('over 64 MiB is RESOURCE_EXHAUSTED for good, sent so or unpacked so, and the next call is answered', async () => {
  const { url } = await running()
  const large = Buffer.alloc(requestBytesMax + 1)
  for (const gzip of [false, true]) {
    const answer = await grpcExport({ url, gzip }, large)
    expect(answer).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      message: expect.stringContaining(String(requestBytesMax)),
      retryAfterMs: undefined,
    })
  }
  expect(await grpcExport({ url }, body)).toMatchObject({ code: status.OK })
})

test('keys by metadata: none or a wrong one is UNAUTHENTICATED', async () => {
  const { url } = await running({ TRACES_INGESTION_API_KEY: 'open-sesame' })
  const code = async (metadata: Record<string, string>) => (await grpcExport({ url, metadata }, body)).code
  expect(await code({})).toBe(status.UNAUTHENTICATED)
  expect(await code({ 'x-api-key': 'open' })).toBe(status.UNAUTHENTICATED)
  expect(await code({ 'x-api-key': 'open-sesame' })).toBe(status.OK)
  expect(await code({ authorization: 'Bearer open-sesame' })).toBe(status.OK)
})

test('switched off, it is UNIMPLEMENTED', async () => {
  const { url } = await running({ TRACES_INGESTION_ENABLED: 'false' })
  expect(await grpcExport({ url }, body)).toMatchObject({
    code: status.UNIMPLEMENTED,
    message: expect.stringContaining('TRACES_INGESTION_ENABLED'),
  })
})

test('a thousand calls at once over one connection are all there', async () => {
  const { base, url } = await running()
  const call = rawCaller(url)
  const calls = Array.from({ length: 1_000 }, async (_, index) => {
    const request = requestOf([{ traceId: hexId(index + 1, 32), spanId: hexId(1, 16) }])
    return (await call(framed(request))).grpcStatus
  })
  expect(new Set(await Promise.all(calls))).toEqual(new Set([status.OK]))
  expect((await getTraces(base, '?limit=1000')).traces).toHaveLength(1_000)
})
