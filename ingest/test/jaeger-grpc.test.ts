// jaeger.api_v3.QueryService by grpc-js, on the port that also takes OTLP: every method, streams, and what goes wrong.
import { setTimeout as wait } from 'node:timers/promises'
import { Client, credentials, Metadata, status } from '@grpc/grpc-js'
import type { ServiceError } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { grpcExport } from './grpc-client.ts'
import { jaegerType } from './jaeger-messages.ts'
import { otlpSpans, spanIdsOf } from './otlp-trace.ts'
import { post, protobufType, runIngest } from './running.ts'
import { requestOf } from './sample.ts'
import { sharedIngest } from './shared-ingest.ts'
import { checkout, job, listing, shopRequest, spanId, startNano, startSeconds } from './shop-traces.ts'
import { strictProtobuf } from './strict-message.ts'
import { tempoType } from './tempo-messages.ts'

const { grpcUrl } = sharedIngest([shopRequest])
const asItIs = (bytes: Buffer): Buffer => bytes

type Called = { messages: Buffer[]; code: number; details: string }

/** Any method, as the stream that its answer may be: a unary answer is a stream of one. */
function call(
  method: string,
  type: string,
  request: object,
  metadata: Record<string, string> = {},
  url = grpcUrl(),
): Promise<Called> {
  const client = new Client(new URL(url).host, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  })
  onTestFinished(() => client.close())
  const sent = new Metadata()
  for (const [key, value] of Object.entries(metadata)) sent.set(key, value)
  const bytes = Buffer.from(jaegerType(type).encode(jaegerType(type).fromObject(request)).finish())
  const stream = client.makeServerStreamRequest(
    `/jaeger.api_v3.QueryService/${method}`,
    asItIs,
    asItIs,
    bytes,
    sent,
    {
      deadline: Date.now() + 60_000,
    },
  )
  return new Promise((resolve) => {
    const messages: Buffer[] = []
    stream.on('data', (message: Buffer) => messages.push(message))
    stream.on('error', ({ code, details }: ServiceError) => resolve({ messages, code, details }))
    stream.on('end', () => resolve({ messages, code: status.OK, details: '' }))
  })
}

const query = (more: object = {}): object => ({
  query: {
    startTimeMin: { seconds: startSeconds - 60 },
    startTimeMax: { seconds: startSeconds + 60 },
    ...more,
  },
})

test('services and operations', async () => {
  const { messages: services } = await call('GetServices', 'GetServicesRequest', {})
  expect(services.map((message) => strictProtobuf(jaegerType('GetServicesResponse'), message))).toEqual([
    { services: ['catalog', 'payments', 'shop', 'unknown_service'] },
  ])
  const { messages } = await call('GetOperations', 'GetOperationsRequest', {
    service: 'shop',
    spanKind: 'client',
  })
  expect(messages.map((message) => strictProtobuf(jaegerType('GetOperationsResponse'), message))).toEqual([
    {
      operations: [
        { name: 'SELECT products', spanKind: 'client' },
        { name: 'pay', spanKind: 'client' },
      ],
    },
  ])
})

test('one trace as the senders’ OTLP', async () => {
  const { messages, code } = await call('GetTrace', 'GetTraceRequest', {
    traceId: checkout.replace(/^0+/, ''),
  })
  expect([messages.length, code]).toEqual([1, status.OK])
  strictProtobuf(tempoType('Trace'), messages[0] ?? Buffer.alloc(0))
  expect(spanIdsOf(messages[0])).toEqual([
    ['shop', 'http', [1, 2, 3].map(spanId)],
    ['payments', 'grpc', [4, 5].map(spanId)],
  ])
})

test.for([
  [{}, [job, listing, checkout]],
  [{ serviceName: 'shop' }, [listing, checkout]],
  [{ serviceName: 'shop', operationName: 'pay' }, [checkout]],
  [{ durationMin: { seconds: 1 } }, [checkout]],
  [{ durationMax: { nanos: 10_000_000 } }, [job, checkout]],
  [{ attributes: { error: 'true', 'http.status_code': '500' } }, [checkout]],
  [{ searchDepth: 2 }, [job, listing]],
  [{ serviceName: 'nobody' }, []],
] as const)('traces found by %j, a message each', async ([given, traces]) => {
  const { messages, code } = await call('FindTraces', 'FindTracesRequest', query(given))
  expect(code).toBe(status.OK)
  expect(messages.map((message) => otlpSpans(message)[0]?.traceId)).toEqual(traces)
})

test('summaries', async () => {
  const { messages } = await call(
    'FindTraceSummaries',
    'FindTraceSummariesRequest',
    query({ serviceName: 'payments' }),
  )
  expect(
    messages.map((message) => strictProtobuf(jaegerType('FindTraceSummariesResponse'), message)),
  ).toEqual([
    {
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
    },
  ])
})

test('dependencies, once both ends of a call were counted', async () => {
  const range = { startTime: { seconds: startSeconds - 600 }, endTime: { seconds: startSeconds + 600 } }
  let found: unknown
  while (!JSON.stringify(found ?? '').includes('payments')) {
    const { messages } = await call('GetDependencies', 'GetDependenciesRequest', range)
    found = strictProtobuf(jaegerType('DependenciesResponse'), messages[0] ?? Buffer.alloc(0))
    await wait(100)
  }
  expect(found).toMatchObject({
    dependencies: expect.arrayContaining([{ parent: 'shop', child: 'payments', callCount: '1' }]),
  })
})

test('a trace larger than a client takes in one message comes in several, whole', async () => {
  const { url, otlpGrpcUrl = '' } = await runIngest({ PROBESPAN_OTLP_GRPC_PORT: '0' })
  const spans = Array.from({ length: 3_000 }, (_, index) => ({
    traceId: checkout,
    spanId: spanId(index + 1),
    tags: { text: 'x'.repeat(3_000) },
  }))
  expect((await post(`${url}/v1/traces`, requestOf(spans), protobufType)).status).toBe(200)
  const { messages, code } = await call('GetTrace', 'GetTraceRequest', { traceId: checkout }, {}, otlpGrpcUrl)
  expect(code).toBe(status.OK)
  expect(messages.length).toBeGreaterThan(1)
  // grpc-js refuses messages above it, as others do.
  expect(Math.max(...messages.map(({ length }) => length))).toBeLessThan(4 * 2 ** 20)
  const ids = messages.flatMap((message) => otlpSpans(message).map(({ spanId }) => spanId))
  expect(new Set(ids).size).toBe(3_000)
  expect(ids).toHaveLength(3_000)
})

test.for([
  ['GetTrace', 'GetTraceRequest', { traceId: 'ab'.repeat(16) }, status.NOT_FOUND, 'trace not found'],
  ['GetTrace', 'GetTraceRequest', { traceId: 'xyz' }, status.INVALID_ARGUMENT, 'trace_id is "xyz"'],
  ['FindTraces', 'FindTracesRequest', {}, status.INVALID_ARGUMENT, 'start_time_min'],
  [
    'FindTraces',
    'FindTracesRequest',
    query({ startTimeMax: { seconds: 5 } }),
    status.INVALID_ARGUMENT,
    'before',
  ],
  [
    'FindTraces',
    'FindTracesRequest',
    query({ filter: { op: 'eq' } }),
    status.INVALID_ARGUMENT,
    'query.filter',
  ],
  ['GetDependencies', 'GetDependenciesRequest', {}, status.INVALID_ARGUMENT, 'start_time'],
  ['ArchiveTrace', 'GetTraceRequest', {}, status.UNIMPLEMENTED, 'ArchiveTrace'],
] as const)('%s of a wrong %s %j is refused with its code', async ([method, type, request, code, words]) => {
  expect(await call(method, type, request)).toEqual({
    messages: [],
    code,
    details: expect.stringContaining(words),
  })
})

test('what is no message of the method, or too long for one, is refused', async () => {
  const garbage = await grpcExport(
    { url: grpcUrl(), method: '/jaeger.api_v3.QueryService/GetTrace' },
    Buffer.from([0x0a, 0xff]),
  )
  expect(garbage.code).toBe(status.INVALID_ARGUMENT)
  const long = await call('GetTrace', 'GetTraceRequest', { traceId: 'a'.repeat(100_000) })
  expect(long.code).toBe(status.RESOURCE_EXHAUSTED)
  const packed = await grpcExport(
    { url: grpcUrl(), method: '/jaeger.api_v3.QueryService/GetServices', gzip: true },
    Buffer.alloc(0),
  )
  expect(packed.code).toBe(status.OK)
})

test('with keys set, only a key that may read; senders go on beside it', async () => {
  const { otlpGrpcUrl = '' } = await runIngest({
    PROBESPAN_OTLP_GRPC_PORT: '0',
    TRACES_INGESTION_API_KEY: 'open',
  })
  const code = async (metadata: Record<string, string>) =>
    (await call('GetServices', 'GetServicesRequest', {}, metadata, otlpGrpcUrl)).code
  expect(await code({})).toBe(status.UNAUTHENTICATED)
  expect(await code({ authorization: 'Bearer open' })).toBe(status.OK)
  expect(await code({ 'x-api-key': 'open' })).toBe(status.OK)
  const sent = await grpcExport({ url: otlpGrpcUrl, metadata: { 'x-api-key': 'open' } }, shopRequest)
  expect(sent.code).toBe(status.OK)
})

test('a caller that goes away in the middle of a stream costs nobody else anything', async () => {
  const client = new Client(new URL(grpcUrl()).host, credentials.createInsecure())
  onTestFinished(() => client.close())
  const type = jaegerType('FindTracesRequest')
  const bytes = Buffer.from(type.encode(type.fromObject(query())).finish())
  for (let time = 0; time < 5; time++) {
    const stream = client.makeServerStreamRequest(
      '/jaeger.api_v3.QueryService/FindTraces',
      asItIs,
      asItIs,
      bytes,
    )
    const ended = new Promise((resolve) => stream.on('error', resolve))
    stream.on('data', () => stream.cancel())
    await ended
  }
  expect((await call('FindTraces', 'FindTracesRequest', query())).messages).toHaveLength(3)
})
