// Named keys from a file: what each may do, what it is bound to, how fast it may send, over both protocols; and that a
// changed file counts without a restart.
import { renameSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { connect } from 'node:http2'
import { join } from 'node:path'
import { status } from '@grpc/grpc-js'
import { expect, onTestFinished, test, vi } from 'vitest'
import { digestOf } from '../src/access/key.ts'
import type { ServicesAnswer, TraceAnswer } from '../src/wire.ts'
import { grpcExport, methods } from './grpc-client.ts'
import { attribute, hexId, requestOf } from './sample.ts'
import { exportRequestType, exportResponseType } from '../src/otlp/schema.ts'
import { getCounters, getJson, post, protobufType, runChild, runIngest, temporaryFolder } from './running.ts'
import type { Env } from './running.ts'

const traceId = hexId(0xabc, 32)
const body = requestOf([{ traceId, spanId: hexId(1, 16), source: 'beyla' }])

type Running = { url: string; grpc: string; path: string }

async function withKeys(text: string, env: Env = {}): Promise<Running> {
  const path = join(temporaryFolder(), 'keys.yaml')
  writeFileSync(path, text)
  const { url, otlpGrpcUrl: grpc = '' } = await runIngest({
    PROBESPAN_KEYS_FILE: path,
    PROBESPAN_OTLP_GRPC_PORT: '0',
    ...env,
  })
  return { url, grpc, path }
}

const key = (name: string) => ({ 'x-api-key': name })
const send = (url: string, name: string, sent: Buffer = body) =>
  post(`${url}/v1/traces`, sent, { ...protobufType, ...key(name) })
const read = async (url: string, name: string) =>
  (await fetch(`${url}/api/traces`, { headers: key(name) })).status

const roles = `
keys:
  - { name: sender, key: s, may: [write] }
  - { name: reader, sha256: ${digestOf('r').toString('hex')}, may: [read] }
`

test('a key does what it may and nothing else', async () => {
  const { url, grpc } = await withKeys(roles)
  expect((await send(url, 's')).status).toBe(200)
  expect(await read(url, 'r')).toBe(200)
  expect((await send(url, 'r')).status).toBe(403)
  expect(await read(url, 's')).toBe(403)
  expect((await send(url, 'x')).status).toBe(401)
  expect(await grpcExport({ url: grpc, metadata: key('s') }, body)).toMatchObject({ code: status.OK })
  expect(await grpcExport({ url: grpc, metadata: key('r') }, body)).toMatchObject({
    code: status.PERMISSION_DENIED,
    message: expect.stringContaining('"reader" may not send traces'),
  })
})

test('names in any script come through a gRPC status as they are', async () => {
  const name = 'ключ ☕ 100%'
  const { grpc } = await withKeys(`keys: [{ name: "${name}", key: k, may: [read] }]`)
  expect(await grpcExport({ url: grpc, metadata: key('k') }, body)).toMatchObject({
    code: status.PERMISSION_DENIED,
    message: expect.stringContaining(`"${name}"`),
  })
})

test('who may not send is told so before the body is sent', async () => {
  const { url, grpc } = await withKeys(roles)
  const sending = request(`${url}/v1/traces`, { method: 'POST', headers: { ...protobufType, ...key('r') } })
  sending.flushHeaders()
  const [{ statusCode }] = (await once(sending, 'response')) as [IncomingMessage]
  expect(statusCode).toBe(403)
  sending.destroy()
  const session = connect(grpc)
  onTestFinished(() => session.destroy())
  const call = session.request({
    ':method': 'POST',
    ':path': methods.traces,
    'content-type': 'application/grpc',
    ...key('r'),
  })
  const [headers] = (await once(call, 'response')) as [IncomingHttpHeaders]
  expect(headers['grpc-status']).toBe(String(status.PERMISSION_DENIED))
  call.close()
})

test('the key of the environment counts beside those of the file, and may do everything', async () => {
  const { url } = await withKeys(roles, { TRACES_INGESTION_API_KEY: 'all' })
  expect((await send(url, 'all')).status).toBe(200)
  expect(await read(url, 'all')).toBe(200)
  expect((await send(url, 's')).status).toBe(200)
})

test('a changed file counts without a restart; one with mistakes changes nothing; no key is logged', async () => {
  const path = join(temporaryFolder(), 'keys.yaml')
  writeFileSync(path, roles)
  const child = await runChild({ PROBESPAN_KEYS_FILE: path, PROBESPAN_LOG_LEVEL: 'debug' })
  const write = (text: string) => {
    // As editors and orchestrators do it.
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
  }
  const soon = { timeout: 10_000, interval: 50 }
  write(roles.replace('key: s,', 'key: second-key,'))
  await vi.waitFor(async () => expect((await send(child.url, 'second-key')).status).toBe(200), soon)
  expect((await send(child.url, 's')).status).toBe(401)
  write('keys:\n  - { name: late, key: late-key, may: [flying] }')
  await vi.waitFor(() => expect(child.said()).toContain('the old keys stay'), soon)
  expect(child.said()).toMatch(/keys\.yaml:2: keys\[0\]\.may\[0\]/)
  expect((await send(child.url, 'second-key')).status).toBe(200)
  expect((await send(child.url, 'late-key')).status).toBe(401)
  expect(child.said()).not.toMatch(/second-key|late-key/)
})

test('mistakes in the file of keys are told at the start, beside the others', async () => {
  await expect(
    withKeys('keys:\n  - { name: a, key: k, may: [fly] }', { PROBESPAN_PORT: 'x' }),
  ).rejects.toThrow(/PROBESPAN_PORT must be[\s\S]*keys\.yaml:2: keys\[0\]\.may\[0\]/)
})

const bound = `
keys:
  - { name: bridge, key: b, may: [write], trace-source: bpftrace }
  - { name: eu, key: eu, may: [write], service-namespace: prod-eu-1 }
  - { name: reader, key: r, may: [read] }
`

test('the source that a key is bound to wins over what its spans claim', async () => {
  const { url } = await withKeys(bound)
  expect((await send(url, 'b')).status).toBe(200)
  const { services } = await getJson<ServicesAnswer>(`${url}/api/services`, key('r'))
  expect(services).toEqual([{ name: 'shop', sources: ['bpftrace'] }])
})

test('a key that is bound to a namespace sends that one only, and the rest is told as rejected', async () => {
  const { url, grpc } = await withKeys(bound)
  const resource = (namespace: string | undefined, spanId: number) => ({
    resource: { attributes: namespace === undefined ? [] : [attribute('service.namespace', namespace)] },
    scopeSpans: [
      { spans: [{ traceId: Buffer.from(traceId, 'hex'), spanId: Buffer.from(hexId(spanId, 16), 'hex') }] },
    ],
  })
  const resourceSpans = [resource('staging', 1), resource('prod-eu-1', 2), resource(undefined, 3)]
  const mixed = Buffer.from(exportRequestType.encode({ resourceSpans }).finish())
  const partial = {
    partialSuccess: {
      rejectedSpans: '2',
      errorMessage: '2 spans rejected: this key may send only service.namespace "prod-eu-1"',
    },
  }
  const response = await send(url, 'eu', mixed)
  expect(exportResponseType.decode(new Uint8Array(await response.arrayBuffer())).toJSON()).toEqual(partial)
  const answer = await grpcExport({ url: grpc, metadata: key('eu') }, mixed)
  expect(exportResponseType.decode(answer.body).toJSON()).toEqual(partial)
  const trace = await getJson<TraceAnswer>(`${url}/api/traces/${traceId}`, key('r'))
  expect(trace.spans.map(({ spanId }) => spanId)).toEqual([hexId(2, 16)])
})

test('beyond its rate of requests a key is told when to come again, and others are not held up', async () => {
  const { url, grpc } = await withKeys(
    'keys:\n  - { name: slow, key: slow, may: [write], requests-per-s: 1 }\n  - { name: free, key: free, may: [write, read] }',
  )
  expect((await send(url, 'slow')).status).toBe(200)
  const limited = await send(url, 'slow')
  expect(limited.status).toBe(429)
  expect(limited.headers.get('retry-after')).toBe('1')
  const overGrpc = await grpcExport({ url: grpc, metadata: key('slow') }, body)
  expect(overGrpc.code).toBe(status.RESOURCE_EXHAUSTED)
  expect(overGrpc.retryAfterMs).toBeGreaterThan(0)
  expect(overGrpc.retryAfterMs).toBeLessThanOrEqual(1_000)
  for (let count = 0; count < 20; count++) expect((await send(url, 'free')).status).toBe(200)
  await vi.waitFor(async () => expect((await send(url, 'slow')).status).toBe(200), {
    timeout: 5_000,
    interval: 100,
  })
})

test('a request above the rate of bytes is taken, and the next has to wait for it; without keys it is everyone’s', async () => {
  const { url } = await runIngest({ PROBESPAN_RATE_BYTES_PER_S: String(Math.ceil(body.length / 8)) })
  expect((await send(url, '')).status).toBe(200)
  const limited = await send(url, '')
  expect(limited.status).toBe(429)
  expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(5)
  expect(await getCounters(url)).toMatchObject({ requestsAccepted: 1, requestsRefused: 1 })
})
