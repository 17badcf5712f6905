// Ingest's own traces in its own store: what a request and a job look like there, what is left out, that nobody can pose
// as ingest, and that its spans make no further ones.
import { symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { exportRequestType } from '../src/otlp/schema.ts'
import { jobScope, ownService, requestScope } from '../src/tag/own-source.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { decodeSpans } from '../src/otlp/span-decode.ts'
import type { Span, TraceAnswer, TracesAnswer } from '../src/wire.ts'
import { grpcExport } from './grpc-client.ts'
import { attribute, hexId, requestOf } from './sample.ts'
import { getCounters, getJson, post, protobufType, runIngest, temporaryFolder, testEnv } from './running.ts'
import type { Ingest } from '../src/index.ts'
import type { Env } from './running.ts'

const own = { PROBESPAN_OWN_TRACES: 'true' }
/** A caller that does not trace itself: then ingest does not trace the request either. */
const untraced = { traceparent: `00-${hexId(1, 32)}-${hexId(1, 16)}-00` }
const patience = { timeout: 20_000, interval: 100 }
const sample = (id: number) =>
  requestOf([{ traceId: hexId(id, 32), spanId: hexId(id, 16), name: `sent ${id}` }])

/** With a span of somebody else: before that nothing is traced. */
async function runTracing(env: Env = {}): Promise<Ingest> {
  const ingest = await runIngest({ ...own, ...env })
  await post(`${ingest.url}/v1/traces`, sample(99), protobufType)
  return ingest
}

/** Spans of ingest's own, once there are so many of that name. */
async function ownSpans(url: string, name: string, count = 1): Promise<Span[]> {
  const path = `${url}/api/traces?service=${ownService}&name=${encodeURIComponent(name)}&limit=1000`
  return vi.waitFor(async () => {
    const { traces } = await getJson<TracesAnswer>(path, untraced)
    const answers = await Promise.all(
      traces.map(({ traceId }) => getJson<TraceAnswer>(`${url}/api/traces/${traceId}`, untraced)),
    )
    const spans = answers.flatMap((answer) => answer.spans)
    expect(spans.filter((span) => span.name === name).length).toBeGreaterThanOrEqual(count)
    return spans
  }, patience)
}

const valuesOf = (span: Span | undefined): Record<string, unknown> =>
  Object.fromEntries((span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]))

test('a request is a span named by its route, with one for what the store was asked', async () => {
  const { url } = await runTracing()
  await post(`${url}/v1/traces`, sample(7), protobufType)
  const beforeNano = BigInt(Date.now() - 1) * 1_000_000n
  const headers = { 'user-agent': 'tests/1', cookie: 'secret' }
  await fetch(`${url}/api/traces/${hexId(7, 32)}?skeleton=false`, { headers })
  await fetch(`${url}/api/traces/${hexId(8, 32)}`)
  const spans = await ownSpans(url, 'GET /api/traces/:id', 2)
  const [found, missing] = spans
    .filter(({ kind }) => kind === 'SERVER')
    .sort((a, b) => Number(BigInt(a.startUnixNano) - BigInt(b.startUnixNano)))
  expect(found).toMatchObject({
    source: 'http',
    service: ownService,
    status: { code: 'UNSET' },
    scope: { name: requestScope },
  })
  expect(found?.parentSpanId).toBeUndefined()
  expect(valuesOf(found)).toEqual({
    'http.request.method': 'GET',
    'http.route': '/api/traces/:id',
    'http.response.status_code': '200',
    'url.path': `/api/traces/${hexId(7, 32)}`,
    'url.scheme': 'http',
    'client.address': '127.0.0.1',
    'user_agent.original': 'tests/1',
    'probespan.key.name': 'everyone',
  })
  expect(BigInt(found?.startUnixNano ?? 0)).toBeGreaterThan(beforeNano)
  // 404 is the caller's mistake.
  expect([valuesOf(missing)['http.response.status_code'], missing?.status.code]).toEqual(['404', 'UNSET'])
  const asked = spans.find(({ parentSpanId }) => parentSpanId === found?.spanId)
  expect(asked).toMatchObject({ name: 'store traceAnswer', kind: 'INTERNAL', source: 'http' })
  const { 'probespan.wait_ms': waitMs, 'probespan.read_ms': readMs, ...took } = valuesOf(asked)
  expect(took).toEqual({ 'probespan.question': 'traceAnswer' })
  expect(Number(readMs)).toBeGreaterThan(0)
  expect(Number(waitMs) + Number(readMs)).toBeLessThanOrEqual(Number(asked?.durationNano) / 1e6)
  expect(BigInt(asked?.startUnixNano ?? 0)).toBeGreaterThanOrEqual(BigInt(found?.startUnixNano ?? 0))
  expect(Number(asked?.durationNano)).toBeLessThanOrEqual(Number(found?.durationNano))
  expect(JSON.stringify(spans)).not.toContain('secret')
})

test('a search tells what it looked at', async () => {
  const { url } = await runTracing()
  await post(`${url}/v1/traces`, sample(7), protobufType)
  await fetch(`${url}/api/traces?name=sent%207`)
  const spans = await ownSpans(url, 'GET /api/traces')
  const asked = spans.find(({ name }) => name === 'store search')
  expect(valuesOf(asked)).toMatchObject({ 'probespan.blocks.inspected': '1', 'probespan.returned': '1' })
})

test('a call over gRPC is a span named by its method', async () => {
  const { url, otlpGrpcUrl = '' } = await runTracing({ PROBESPAN_OTLP_GRPC_PORT: '0' })
  const method = 'jaeger.api_v3.QueryService/GetServices'
  await grpcExport({ url: otlpGrpcUrl, method: `/${method}` }, Buffer.alloc(0))
  const spans = await ownSpans(url, method)
  const call = spans.find(({ kind }) => kind === 'SERVER')
  expect(call).toMatchObject({ name: method, source: 'http' })
  expect(valuesOf(call)).toMatchObject({
    'rpc.system.name': 'grpc',
    'rpc.method': method,
    'rpc.status_code': 'OK',
  })
  expect(spans.map(({ name }) => name)).toContain('store services')
})

test('a caller’s traceparent is honoured: its trace, its parent, and its wish not to be traced', async () => {
  const { url } = await runTracing()
  const traceparent = `00-${hexId(0xabc, 32)}-${hexId(0xdef, 16)}-01`
  await fetch(`${url}/api/services`, { headers: untraced })
  await fetch(`${url}/api/services`, { headers: { traceparent } })
  const spans = await ownSpans(url, 'GET /api/services')
  expect(spans.map(({ traceId }) => traceId)).toEqual([hexId(0xabc, 32), hexId(0xabc, 32)])
  expect(spans.find(({ kind }) => kind === 'SERVER')?.parentSpanId).toBe(hexId(0xdef, 16))
})

test('health, metrics, senders and the page leave none', async () => {
  const { url } = await runTracing()
  for (const path of ['/healthz', '/readyz', '/metrics', '/', '/traces/abc']) await fetch(url + path)
  await post(`${url}/v1/traces`, sample(1), protobufType)
  await fetch(`${url}/api/endpoints`)
  await ownSpans(url, 'GET /api/endpoints')
  const { traces } = await getJson<TracesAnswer>(`${url}/api/traces?service=${ownService}`, untraced)
  expect(traces.map(({ rootName }) => rootName)).toEqual(['GET /api/endpoints'])
})

test('a store that nobody has sent to stays empty; one that was used is traced from the first request on', async () => {
  const env = testEnv(own)
  const empty = await runIngest(env)
  for (let at = 0; at < 3; at++) await fetch(`${empty.url}/api/traces`)
  await empty.close()
  expect(await storedOwn(env)).toBe(0)
  const used = await runTracing(env)
  await used.close()
  const again = await runIngest(env)
  await fetch(`${again.url}/api/services`)
  await again.close()
  expect(await storedOwn(env)).toBe(2)
})

test('an answer that failed is an error', async () => {
  const path = join(temporaryFolder(), 'audit.jsonl')
  symlinkSync('/dev/full', path)
  const database = join(temporaryFolder(), 'probespan.db')
  const env = { ...own, PROBESPAN_DB: database, PROBESPAN_AUDIT_FILE: path, PROBESPAN_AUDIT_REQUIRED: 'true' }
  const refusing = await runTracing(env)
  await vi.waitFor(
    async () => expect((await fetch(`${refusing.url}/api/services`)).status).toBe(503),
    patience,
  )
  // What waits is stored at the end.
  await refusing.close()
  const { url } = await runIngest({ PROBESPAN_DB: database })
  const spans = await ownSpans(url, 'GET /api/services')
  const failed = spans.find((span) => valuesOf(span)['http.response.status_code'] === '503')
  expect(failed?.status.code).toBe('ERROR')
  expect(valuesOf(failed)['error.type']).toBe('503')
})

test('nobody else becomes a request or a job of ingest by calling itself so', async () => {
  const { url } = await runTracing()
  const resourceSpans = [requestScope, jobScope].map((name, at) => ({
    resource: { attributes: [attribute('service.name', ownService)] },
    scopeSpans: [
      {
        scope: { name },
        spans: [{ traceId: Buffer.from(hexId(5, 32), 'hex'), spanId: Buffer.from(hexId(at + 1, 16), 'hex') }],
      },
    ],
  }))
  await post(
    `${url}/v1/traces`,
    Buffer.from(exportRequestType.encode({ resourceSpans }).finish()),
    protobufType,
  )
  const { spans } = await getJson<TraceAnswer>(`${url}/api/traces/${hexId(5, 32)}`, untraced)
  expect(spans.map(({ source }) => source)).toEqual(['otlp', 'otlp'])
})

/** How many spans of ingest's own are in a store. */
async function storedOwn(env: Env): Promise<number> {
  const store = openSqliteStore(env['PROBESPAN_DB'] ?? '', 2 ** 20)
  const { services } = await store.stats()
  await store.close()
  return services.filter(({ service }) => service === ownService).reduce((sum, { spans }) => sum + spans, 0)
}

test('switched off there are none; beyond the rate traces are left out as a whole, and counted', async () => {
  const off = testEnv({ PROBESPAN_OWN_TRACES: 'false' })
  const without = await runTracing(off)
  await fetch(`${without.url}/api/services`)
  await without.close()
  expect(await storedOwn(off)).toBe(0)
  const slow = testEnv({ ...own, PROBESPAN_OWN_SPANS_PER_S: '1' })
  const { url, close } = await runTracing(slow)
  for (let at = 0; at < 20; at++) await fetch(`${url}/api/services`)
  const { ownSpansLeftOut } = await getCounters(url)
  await close()
  expect(ownSpansLeftOut).toBeGreaterThan(0)
  const stored = await storedOwn(slow)
  // Two spans a trace, but for that of the counters.
  expect(stored).toBeLessThanOrEqual(2 * (21 - ownSpansLeftOut))
})

test('retention is a job of the scheduler', async () => {
  const { url } = await runTracing({ PROBESPAN_RETENTION_RULES: '[{"service":"shop","age":"1s"}]' })
  const [span] = await ownSpans(url, 'retention')
  expect(span).toMatchObject({ source: 'scheduler', kind: 'INTERNAL', scope: { name: jobScope } })
  expect(valuesOf(span)).toEqual({ 'probespan.blocks.taken': '1' })
})

/** A receiver that tells the names of the spans it got. */
async function destination(): Promise<{ url: string; names: string[] }> {
  const names: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.once('end', () => {
      for (const { name } of decodeSpans(Buffer.concat(chunks), () => ({}) as never)) names.push(name)
      response.end()
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`, names }
}

test('forwarding is a job; that of its own span is none', async () => {
  const { url: endpoint, names } = await destination()
  const { url } = await runIngest({
    ...own,
    OTEL_EXPORTER_ENABLED: 'true',
    OTEL_EXPORTER_ENDPOINT: endpoint,
    OTEL_EXPORTER_FLUSH_INTERVAL_MS: '10',
  })
  for (const id of [1, 2, 3]) {
    await post(`${url}/v1/traces`, sample(id), protobufType)
    // The job's own span has been forwarded, too: from here on a loop would have begun.
    await vi.waitFor(
      () => expect(names.filter((name) => name === 'forward').length).toBeGreaterThanOrEqual(id),
      patience,
    )
  }
  expect(names.filter((name) => name === 'forward')).toHaveLength(3)
  const spans = await ownSpans(url, 'forward', 3)
  expect(valuesOf(spans[0])).toEqual({ 'probespan.destination': 'otlp', 'probespan.spans.sent': '1' })
})
