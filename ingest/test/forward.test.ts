// Forwarding to a real HTTP server that is away, throttles, refuses, and comes back: it ends with every span but the
// refused, and never with other bytes than the senders'.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { scanBody } from '../src/otlp/scan.ts'
import { headsOf } from './heads.ts'
import { hexId, requestOf } from './sample.ts'
import type { Env } from './running.ts'
import { getCounters, post, protobufType, runIngest, temporaryFolder } from './running.ts'

type Received = { body: Buffer; headers: NodeJS.Dict<string | string[]>; atMs: number; status: number }
type Reply = { status: number; headers?: Record<string, string> }

async function destination(replyTo: (count: number, body: Buffer) => Reply): Promise<{
  url: string
  received: Received[]
  spanIds: () => string[]
}> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const { status, headers } = replyTo(received.length, body)
      received.push({ body, headers: request.headers, atMs: performance.now(), status })
      response.writeHead(status, headers).end()
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const taken = () => received.filter(({ status }) => status === 200)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    received,
    spanIds: () => taken().flatMap(({ body }) => headsOf(body).map(({ spanId }) => spanId)),
  }
}

const forwardEnv = (url: string, more: Env = {}): Env => ({
  OTEL_EXPORTER_ENABLED: 'true',
  OTEL_EXPORTER_ENDPOINT: url,
  OTEL_EXPORTER_FLUSH_INTERVAL_MS: '20',
  ...more,
})

const ids = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => hexId(from + index, 16))
const requestWith = (from: number, to: number) =>
  requestOf(ids(from, to).map((spanId) => ({ traceId: hexId(1, 32), spanId })))

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('it did not come to pass within 30 s')
    await setTimeout(10)
  }
}

test('a destination that answers 503 for a while gets everything, in batches of the size set', async () => {
  const to = await destination((count) => ({ status: count < 2 ? 503 : 200 }))
  const { url } = await runIngest(
    forwardEnv(to.url, {
      OTEL_EXPORTER_BATCH_SIZE: '10',
      OTEL_EXPORTER_HEADERS: '{"authorization":"Bearer t"}',
    }),
  )
  for (let from = 1; from < 40; from += 13) {
    await post(`${url}/v1/traces`, requestWith(from, from + 13), protobufType)
  }
  await until(() => to.spanIds().length >= 39)
  expect(to.spanIds()).toEqual(ids(1, 40))
  expect(to.received.every(({ body }) => scanBody(body).spanCount <= 10)).toBe(true)
  expect(to.received[0]?.headers).toMatchObject({
    authorization: 'Bearer t',
    'content-type': 'application/x-protobuf',
  })
  // The same part each time until it is taken, after 1 s and 2 s.
  const [first, second, third] = to.received
  expect(second?.body).toEqual(first?.body)
  expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(750)
  expect((third?.atMs ?? 0) - (second?.atMs ?? 0)).toBeGreaterThan(1_550)
  expect(await getCounters(url)).toMatchObject({
    spansForwarded: 39,
    spansUnforwardable: 0,
    forwardRetries: 2,
  })
})

test('a request that fits a batch goes on byte for byte', async () => {
  const to = await destination(() => ({ status: 200 }))
  const { url } = await runIngest(forwardEnv(to.url))
  const request = requestWith(1, 50)
  await post(`${url}/v1/traces`, request, protobufType)
  await until(() => to.received.length > 0)
  expect(to.received[0]?.body).toEqual(request)
})

test('Retry-After is waited for', async () => {
  const to = await destination((count) =>
    count === 0 ? { status: 429, headers: { 'retry-after': '3' } } : { status: 200 },
  )
  const { url } = await runIngest(forwardEnv(to.url))
  await post(`${url}/v1/traces`, requestWith(1, 3), protobufType)
  await until(() => to.received.length === 2)
  const [first, second] = to.received
  expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(2_950)
})

test('of a batch that the destination refuses only the bad span stays back, counted; the rest goes on', async () => {
  const poison = Buffer.from(hexId(5, 16), 'hex')
  const to = await destination((_count, body) => ({ status: body.includes(poison) ? 400 : 200 }))
  const { url } = await runIngest(forwardEnv(to.url, { OTEL_EXPORTER_BATCH_SIZE: '4' }))
  await post(`${url}/v1/traces`, requestWith(1, 11), protobufType)
  await until(() => to.spanIds().length >= 9)
  expect(to.spanIds()).toEqual([...ids(1, 5), ...ids(6, 11)])
  await until(async () => (await getCounters(url)).spansForwarded === 9)
  expect(await getCounters(url)).toMatchObject({ spansUnforwardable: 1, forwardRetries: 0 })
})

test('after a restart it goes on where it was, with what was stored while it was off too', async () => {
  const env = { PROBESPAN_DB: `${temporaryFolder()}/probespan.db` }
  let open = true
  const to = await destination(() => ({ status: open ? 200 : 503 }))
  const first = await runIngest({ ...env, ...forwardEnv(to.url) })
  await post(`${first.url}/v1/traces`, requestWith(1, 4), protobufType)
  await until(() => to.spanIds().length === 3)
  open = false
  await post(`${first.url}/v1/traces`, requestWith(4, 7), protobufType)
  await until(() => to.received.some(({ status }) => status === 503))
  await first.close()
  const off = await runIngest(env)
  await post(`${off.url}/v1/traces`, requestWith(7, 9), protobufType)
  await off.close()
  open = true
  await runIngest({ ...env, ...forwardEnv(to.url) })
  await until(() => to.spanIds().length >= 8)
  expect(to.spanIds()).toEqual(ids(1, 9))
})

test('nothing is sent when it is off', async () => {
  const to = await destination(() => ({ status: 200 }))
  const { url, close } = await runIngest({ ...forwardEnv(to.url), OTEL_EXPORTER_ENABLED: 'false' })
  await post(`${url}/v1/traces`, requestWith(1, 3), protobufType)
  await close()
  expect(to.received).toEqual([])
})
