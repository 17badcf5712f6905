// Forwarding from one ingest to another over each protocol, past a destination that is away, throttles, hangs, dies with a
// batch taken and not answered, and refuses: at the end it shows every span but those it refused, equal in each field,
// and those are listed.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { expect, test } from 'vitest'
import type { Ingest } from '../src/index.ts'
import { forwardAnswer, refusedAnswer } from '../src/wire.ts'
import type { Span } from '../src/wire.ts'
import { createAuthority, createCertificate } from './certificates.ts'
import { behindGrpc, behindHttp, grpcDestination, httpDestination, throttleMs } from './destinations.ts'
import type { Behave, Behaviour } from './destinations.ts'
import { getJson, getTrace, getTraces, runIngest, temporaryFolder } from './running.ts'
import { endSpans } from './sdk-spans.ts'

const spanCount = 300
const batchSize = 40

async function sendTo({ url }: Ingest): Promise<void> {
  const exporter = new OTLPTraceExporter({ url: `${url}/v1/traces` })
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'checkout', 'host.cpus': 4 }),
    spanProcessors: [new BatchSpanProcessor(exporter, { maxQueueSize: spanCount, maxExportBatchSize: 70 })],
  })
  endSpans(provider, spanCount)
  await provider.forceFlush()
  await provider.shutdown()
}

/** Of all traces, by id. */
async function spansOf({ url }: Ingest): Promise<Map<string, Span>> {
  const { traces } = await getTraces(url, '?limit=1000')
  const answers = await Promise.all(traces.map(({ traceId }) => getTrace(url, traceId)))
  return new Map(
    answers.flatMap(({ spans }) => spans.map((span) => [`${span.traceId} ${span.spanId}`, span])),
  )
}

function configWith(entry: object): string {
  const path = join(temporaryFolder(), 'probespan.json')
  writeFileSync(path, JSON.stringify({ destinations: [entry] }))
  return path
}

const poison = ['/item/237', '/item/251'].map((route) => Buffer.from(route))
const course: Behaviour[] = ['away', 'away', 'take', 'throttle', 'take', 'hang', 'take', 'die']
const behave: Behave = (count, body) => {
  const behaviour = course[count] ?? 'take'
  return behaviour === 'take' && poison.some((bytes) => body.includes(bytes)) ? 'refuse' : behaviour
}

const cases = [
  { protocol: 'http/protobuf', compression: 'gzip' },
  { protocol: 'http/json', compression: 'none' },
  { protocol: 'http/json', compression: 'gzip' },
  { protocol: 'grpc', compression: 'none' },
  { protocol: 'grpc', compression: 'gzip' },
]

test.for(cases)(
  'by $protocol, $compression: all but the refused arrive, equal, and the refused are listed',
  async ({ protocol, compression }) => {
    const last = await runIngest({ PROBESPAN_OTLP_GRPC_PORT: '0' })
    const to =
      protocol === 'grpc'
        ? await grpcDestination(behave, behindGrpc(last))
        : await httpDestination(behave, behindHttp(last))
    const first = await runIngest({
      PROBESPAN_CONFIG: configWith({
        name: 'last',
        endpoint: to.endpoint,
        protocol,
        compression,
        'batch-size': batchSize,
        'flush-interval-ms': 20,
        'timeout-ms': 1_500,
        headers: { 'x-tenant': 'a' },
      }),
    })
    await sendTo(first)
    const state = async () => forwardAnswer.parse(await getJson(`${first.url}/api/forward`)).destinations[0]
    await expect.poll(async () => (await state())?.lag.spans, { timeout: 50_000 }).toBe(0)
    expect(await state()).toMatchObject({
      name: 'last',
      protocol,
      state: 'running',
      spansSent: spanCount - poison.length,
      spansRefused: poison.length,
      spansSkipped: 0,
      setAside: { spans: poison.length },
      // A connection that breaks while it is used again is tried anew at once: the destination may have closed it before.
      retries: protocol === 'grpc' ? 5 : 4,
      lastError: { message: expect.stringContaining('refuse') },
    })

    const wanted = await spansOf(first)
    expect(wanted.size).toBe(spanCount)
    const { batches } = refusedAnswer.parse(await getJson(`${first.url}/api/forward/last/refused`))
    expect(batches).toHaveLength(poison.length)
    for (const { reason, spanCount: spans, spans: listed } of batches) {
      expect([reason.includes('refuse'), spans]).toEqual([true, 1])
      const [{ traceId, spanId, name } = { traceId: '', spanId: '', name: '' }] = listed
      const refused = wanted.get(`${traceId} ${spanId}`)
      expect(refused?.name).toBe(name)
      expect(poison.map(String)).toContain(
        refused?.attributes.find(({ key }) => key === 'http.route')?.value.stringValue,
      )
      wanted.delete(`${traceId} ${spanId}`)
    }
    expect(await spansOf(last)).toEqual(wanted)

    const at = (count: number) => to.requests[count]?.atMs ?? 0
    // It came again after 1 s, then 2 s, less a fifth at most; and when the destination had said.
    expect(at(1) - at(0)).toBeGreaterThan(750)
    expect(at(2) - at(1)).toBeGreaterThan(1_550)
    expect(at(4) - at(3)).toBeGreaterThan(throttleMs - 50)
    expect(to.requests.every(({ headers }) => headers['x-tenant'] === 'a')).toBe(true)
    expect(new Set(to.requests.slice(0, 3).map(({ body }) => body.toString('base64'))).size).toBe(1)
  },
)

test.for(['http/protobuf', 'grpc'])(
  'by %s over TLS, to one that the authority set vouches for',
  async (protocol) => {
    const folder = temporaryFolder()
    const authority = createAuthority(folder, 'authority')
    const { certPath, keyPath } = createCertificate(folder, 'receiver', authority)
    const last = await runIngest({
      PROBESPAN_OTLP_GRPC_PORT: '0',
      PROBESPAN_TLS_CERT: certPath,
      PROBESPAN_TLS_KEY: keyPath,
    })
    const destination = {
      name: 'last',
      endpoint: protocol === 'grpc' ? last.otlpGrpcUrl : `${last.url}/v1/traces`,
      protocol,
      'flush-interval-ms': 20,
    }
    const trusting = await runIngest({
      PROBESPAN_CONFIG: configWith({ ...destination, 'ca-file': authority.certPath }),
    })
    const doubting = await runIngest({ PROBESPAN_CONFIG: configWith(destination) })
    const state = async ({ url }: Ingest) =>
      forwardAnswer.parse(await getJson(`${url}/api/forward`)).destinations[0]
    await Promise.all([sendTo(trusting), sendTo(doubting)])
    await expect.poll(async () => (await state(trusting))?.spansSent, { timeout: 30_000 }).toBe(spanCount)
    await expect.poll(async () => (await state(doubting))?.state, { timeout: 30_000 }).toBe('waiting')
    expect(await state(doubting)).toMatchObject({
      spansSent: 0,
      lag: { spans: spanCount },
      lastError: { message: expect.stringMatching(/certificate/i) },
    })
  },
)

test.for(['http/protobuf', 'grpc'])('by %s to one that wants a certificate shown', async (protocol) => {
  const folder = temporaryFolder()
  const authority = createAuthority(folder, 'authority')
  const server = createCertificate(folder, 'receiver', authority)
  const client = createCertificate(folder, 'sender', authority)
  const last = await runIngest({
    PROBESPAN_OTLP_GRPC_PORT: '0',
    PROBESPAN_TLS_CERT: server.certPath,
    PROBESPAN_TLS_KEY: server.keyPath,
    PROBESPAN_TLS_CLIENT_CA: authority.certPath,
  })
  const destination = {
    name: 'last',
    endpoint: protocol === 'grpc' ? last.otlpGrpcUrl : `${last.url}/v1/traces`,
    protocol,
    'ca-file': authority.certPath,
    'flush-interval-ms': 20,
  }
  const shown = { 'cert-file': client.certPath, 'key-file': client.keyPath }
  const known = await runIngest({ PROBESPAN_CONFIG: configWith({ ...destination, ...shown }) })
  const stranger = await runIngest({ PROBESPAN_CONFIG: configWith(destination) })
  const state = async ({ url }: Ingest) =>
    forwardAnswer.parse(await getJson(`${url}/api/forward`)).destinations[0]
  await Promise.all([sendTo(known), sendTo(stranger)])
  await expect.poll(async () => (await state(known))?.spansSent, { timeout: 30_000 }).toBe(spanCount)
  await expect.poll(async () => (await state(stranger))?.state, { timeout: 30_000 }).toBe('waiting')
  expect(await state(stranger)).toMatchObject({ spansSent: 0, lag: { spans: spanCount } })
})
