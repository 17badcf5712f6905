// Forwarding by the exporter's variables to a real HTTP server: what it sends, and that it goes on where it was, whether
// the service was stopped or killed.
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { scanBody } from '../src/otlp/scan.ts'
import { httpDestination, throttleMs } from './destinations.ts'
import { headsOf } from './heads.ts'
import { hexId, requestOf } from './sample.ts'
import type { Env } from './running.ts'
import { getCounters, post, protobufType, runChild, runIngest, temporaryFolder } from './running.ts'

const soon = { timeout: 30_000 }

const forwardEnv = (endpoint: string, more: Env = {}): Env => ({
  OTEL_EXPORTER_ENABLED: 'true',
  OTEL_EXPORTER_ENDPOINT: endpoint,
  OTEL_EXPORTER_FLUSH_INTERVAL_MS: '20',
  ...more,
})
const databaseEnv = (): Env => ({ PROBESPAN_DB: `${temporaryFolder()}/probespan.db` })

const ids = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => hexId(from + index, 16))
const requestWith = (from: number, to: number) =>
  requestOf(ids(from, to).map((spanId) => ({ traceId: hexId(1, 32), spanId })))
const idsOf = (bodies: readonly Buffer[]) =>
  bodies.flatMap((body) => headsOf(body).map(({ spanId }) => spanId))

test('a destination that answers 503 for a while gets everything, in batches of the size set', async () => {
  const to = await httpDestination((count) => (count < 2 ? 'away' : 'take'))
  const headers = '{"authorization":"Bearer t"}'
  const { url } = await runIngest(
    forwardEnv(to.endpoint, { OTEL_EXPORTER_BATCH_SIZE: '10', OTEL_EXPORTER_HEADERS: headers }),
  )
  for (let from = 1; from < 40; from += 13) {
    await post(`${url}/v1/traces`, requestWith(from, from + 13), protobufType)
  }
  await expect.poll(() => idsOf(to.taken()), soon).toEqual(ids(1, 40))
  expect(to.requests.every(({ body }) => scanBody(body).spanCount <= 10)).toBe(true)
  const [first, second, third] = to.requests
  expect(first?.headers).toMatchObject({
    authorization: 'Bearer t',
    'content-type': 'application/x-protobuf',
  })
  // The same part each time until it is taken, after 1 s and 2 s, less a fifth at most.
  expect(second?.body).toEqual(first?.body)
  expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(750)
  expect((third?.atMs ?? 0) - (second?.atMs ?? 0)).toBeGreaterThan(1_550)
  await expect
    .poll(() => getCounters(url), soon)
    .toMatchObject({ spansForwarded: 39, spansUnforwardable: 0, spansSkipped: 0, forwardRetries: 2 })
})

test('a request that fits a batch goes on byte for byte', async () => {
  const to = await httpDestination(() => 'take')
  const { url } = await runIngest(forwardEnv(to.endpoint))
  const request = requestWith(1, 50)
  await post(`${url}/v1/traces`, request, protobufType)
  await expect.poll(() => to.taken(), soon).toEqual([request])
})

test('Retry-After is waited for', async () => {
  const to = await httpDestination((count) => (count === 0 ? 'throttle' : 'take'))
  const { url } = await runIngest(forwardEnv(to.endpoint))
  await post(`${url}/v1/traces`, requestWith(1, 3), protobufType)
  await expect.poll(() => to.taken(), soon).toHaveLength(1)
  const [first, second] = to.requests
  expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(throttleMs - 50)
})

test('of a batch that is refused only the bad span stays back, counted; the rest goes on', async () => {
  const bad = Buffer.from(hexId(5, 16), 'hex')
  const to = await httpDestination((_count, body) => (body.includes(bad) ? 'refuse' : 'take'))
  const { url } = await runIngest(forwardEnv(to.endpoint, { OTEL_EXPORTER_BATCH_SIZE: '4' }))
  await post(`${url}/v1/traces`, requestWith(1, 11), protobufType)
  await expect.poll(() => idsOf(to.taken()), soon).toEqual([...ids(1, 5), ...ids(6, 11)])
  await expect
    .poll(() => getCounters(url), soon)
    .toMatchObject({ spansForwarded: 9, spansUnforwardable: 1, forwardRetries: 0 })
})

test('after a restart it goes on where it was, with what was stored while it was off too', async () => {
  const env = databaseEnv()
  let open = true
  const to = await httpDestination(() => (open ? 'take' : 'away'))
  const first = await runIngest({ ...env, ...forwardEnv(to.endpoint) })
  await post(`${first.url}/v1/traces`, requestWith(1, 4), protobufType)
  await expect.poll(() => idsOf(to.taken()), soon).toHaveLength(3)
  open = false
  await post(`${first.url}/v1/traces`, requestWith(4, 7), protobufType)
  await expect.poll(() => to.requests.at(-1)?.behaviour, soon).toBe('away')
  await first.close()
  const off = await runIngest(env)
  await post(`${off.url}/v1/traces`, requestWith(7, 9), protobufType)
  await off.close()
  open = true
  await runIngest({ ...env, ...forwardEnv(to.endpoint) })
  await expect.poll(() => idsOf(to.taken()), soon).toEqual(ids(1, 9))
})

test('stopped with a request under way, it waits for the answer and does not send it again', async () => {
  const env = databaseEnv()
  const held = Promise.withResolvers<void>()
  const to = await httpDestination(
    () => 'take',
    () => held.promise,
  )
  const first = await runIngest({ ...env, ...forwardEnv(to.endpoint) })
  await post(`${first.url}/v1/traces`, requestWith(1, 4), protobufType)
  await expect.poll(() => to.requests, soon).toHaveLength(1)
  const closed = first.close()
  held.resolve()
  await closed
  const again = await runIngest({ ...env, ...forwardEnv(to.endpoint) })
  await post(`${again.url}/v1/traces`, requestWith(4, 6), protobufType)
  await expect.poll(() => idsOf(to.taken()), soon).toEqual(ids(1, 6))
})

test('killed again and again in the middle, it loses nothing and goes on where it was', async () => {
  const env = databaseEnv()
  const spans = 2_000
  // Slow enough that several commits of the cursor lie between two kills.
  const to = await httpDestination(
    () => 'take',
    () => setTimeout(10),
  )
  const child = () => runChild({ ...env, ...forwardEnv(to.endpoint, { OTEL_EXPORTER_BATCH_SIZE: '10' }) })
  let running = await child()
  await post(`${running.url}/v1/traces`, requestWith(1, spans + 1), protobufType)
  for (let round = 0; round < 3; round++) {
    const before = to.requests.length
    await expect.poll(() => to.requests.length, soon).toBeGreaterThan(before + 50)
    running.process.kill('SIGKILL')
    await running.exited
    const taken = to.requests.length
    running = await child()
    await expect.poll(() => to.requests.length, soon).toBeGreaterThan(taken)
    // Not from the beginning, and not beyond what had been sent.
    const [next = ''] = idsOf([to.requests[taken]?.body ?? Buffer.alloc(0)])
    const sent = idsOf(to.requests.slice(0, taken).map(({ body }) => body)).toSorted()
    expect(Number(`0x${next}`)).toBeGreaterThan(1)
    expect(Number(`0x${next}`)).toBeLessThanOrEqual(Number(`0x${sent.at(-1)}`) + 1)
  }
  await expect.poll(() => new Set(idsOf(to.taken())).size, soon).toBe(spans)
})

test('nothing is sent when it is off', async () => {
  const to = await httpDestination(() => 'take')
  const { url, close } = await runIngest({ ...forwardEnv(to.endpoint), OTEL_EXPORTER_ENABLED: 'false' })
  await post(`${url}/v1/traces`, requestWith(1, 3), protobufType)
  await close()
  expect(to.requests).toEqual([])
})
