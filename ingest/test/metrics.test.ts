// What an operator sees of the service: metrics for Prometheus, health, who sends; and that a full disk is told.
import { expect, test } from 'vitest'
import { pino } from 'pino'
import { createOtlpApp } from '../src/app.ts'
import { createHealth } from '../src/health.ts'
import { StoreFault } from '../src/store/store.ts'
import { endpointsAnswer } from '../src/wire.ts'
import type { EndpointsAnswer } from '../src/wire.ts'
import { exportRequestType } from '../src/otlp/schema.ts'
import { attribute, hexId, requestOf } from './sample.ts'
import { getCounters, getJson, getTrace, jsonType, post, protobufType, runIngest } from './running.ts'
import { receiverOver } from './receivers.ts'

const traceId = hexId(0xabc, 32)
const body = requestOf([
  { traceId, spanId: hexId(1, 16) },
  { traceId, spanId: hexId(0, 16) },
])

/** Values by name and labels, as Prometheus reads them. */
async function metricsOf(url: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

test('every counter of the API is on /metrics with the same value, and refusals by code', async () => {
  const { url } = await runIngest()
  await post(`${url}/v1/traces`, body, protobufType)
  await post(`${url}/v1/traces`, body, protobufType)
  await post(`${url}/v1/traces`, '{', jsonType)
  await post(`${url}/v1/metrics`, '{}', jsonType)
  const metrics = await metricsOf(url)
  const counters = await getCounters(url)
  expect(counters).toMatchObject({
    requestsAccepted: 2,
    requestsRefused: 1,
    spansStored: 2,
    spansRejected: 2,
  })
  for (const [name, value] of Object.entries(counters)) {
    const snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    expect([name, metrics.get(`probespan_ingest_${snake}_total`)]).toEqual([name, value])
  }
  expect(metrics.get('probespan_ingest_refusals_total{code="body_undecodable"}')).toBe(1)
  expect(metrics.get('probespan_ingest_endpoint_spans_total{endpoint="",source="otlp"}')).toBe(2)
  expect(metrics.get('probespan_ingest_held_bytes')).toBe(0)
  expect(metrics.get('process_resident_memory_bytes')).toBeGreaterThan(0)
  // Asked again nothing has grown by itself.
  expect((await metricsOf(url)).get('probespan_ingest_spans_stored_total')).toBe(2)
})

test('with a key set, metrics and endpoints need it; health does not', async () => {
  const { url } = await runIngest({ TRACES_INGESTION_API_KEY: 'k' })
  for (const path of ['/metrics', '/api/endpoints']) {
    expect((await fetch(url + path)).status).toBe(401)
    expect((await fetch(url + path, { headers: { 'x-api-key': 'k' } })).status).toBe(200)
  }
  for (const path of ['/healthz', '/readyz']) expect((await fetch(url + path)).status).toBe(200)
})

test('the endpoint of a span is its service.namespace, and the endpoints that send are listed', async () => {
  const { url } = await runIngest()
  const resourceSpans = ['prod-us-2', 'prod-eu-1'].map((namespace, index) => ({
    resource: {
      attributes: [attribute('service.namespace', namespace), attribute('telemetry.sdk.name', 'beyla')],
    },
    scopeSpans: [
      { spans: [{ traceId: Buffer.from(traceId, 'hex'), spanId: Buffer.from(hexId(index + 1, 16), 'hex') }] },
    ],
  }))
  const beforeNano = BigInt(Date.now()) * 1_000_000n
  await post(
    `${url}/v1/traces`,
    Buffer.from(exportRequestType.encode({ resourceSpans }).finish()),
    protobufType,
  )
  const { spans } = await getTrace(url, traceId)
  expect(spans.map(({ endpoint }) => endpoint)).toEqual(['prod-us-2', 'prod-eu-1'])
  const { endpoints } = endpointsAnswer.parse(await getJson<EndpointsAnswer>(`${url}/api/endpoints`))
  expect(endpoints).toMatchObject([
    { name: 'prod-eu-1', sources: [{ source: 'beyla', spans: 1 }] },
    { name: 'prod-us-2', sources: [{ source: 'beyla', spans: 1 }] },
  ])
  const lastSeen = BigInt(endpoints[0]?.sources[0]?.lastSeenUnixNano ?? 0)
  expect(lastSeen).toBeGreaterThanOrEqual(beforeNano)
})

test('a disk that takes nothing makes it unready, until it takes something again', async () => {
  let failing = true
  const append = async () => {
    if (failing) throw new StoreFault('store_failed', 'database or disk is full')
  }
  const health = createHealth()
  const receiver = receiverOver({ append }, { health })
  const app = await createOtlpApp({
    config: { corsOrigins: [] },
    health,
    receiver,
    tls: undefined,
    log: pino({ level: 'silent' }),
  })
  const send = async () =>
    (await app.inject({ method: 'POST', url: '/v1/traces', headers: protobufType, payload: body })).statusCode
  const ready = async () => (await app.inject('/readyz')).json<unknown>()
  expect(await send()).toBe(503)
  expect(await ready()).toEqual({ status: 'not ready', reason: 'database or disk is full' })
  failing = false
  expect(await send()).toBe(200)
  expect(await ready()).toEqual({ status: 'ready' })
})
