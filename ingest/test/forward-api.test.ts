// What an operator sees of forwarding and does about it, over the API of a real service with real destinations.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Ingest } from '../src/index.ts'
import { forwardAnswer, refusedAnswer, setAsideAnswer } from '../src/wire.ts'
import { httpDestination } from './destinations.ts'
import { headsOf } from './heads.ts'
import { hexId, requestOf } from './sample.ts'
import { getJson, post, protobufType, runIngest, temporaryFolder } from './running.ts'
import type { Env } from './running.ts'

const soon = { timeout: 20_000 }
const spanId = (number: number) => hexId(number, 16)
const spansOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => ({
    traceId: hexId(1, 32),
    spanId: spanId(from + index),
    name: `span ${from + index}`,
  }))
const idsOf = (bodies: readonly Buffer[]) =>
  bodies.flatMap((body) => headsOf(body).map((head) => head.spanId))

function configWith(...destinations: object[]): string {
  const path = join(temporaryFolder(), 'probespan.json')
  const quick = { 'flush-interval-ms': 20 }
  writeFileSync(path, JSON.stringify({ destinations: destinations.map((each) => ({ ...quick, ...each })) }))
  return path
}

const statesOf = async ({ url }: Ingest, headers: Env = {}) =>
  forwardAnswer.parse(await getJson(`${url}/api/forward`, headers)).destinations
const refusedOf = async ({ url }: Ingest, name: string, query = '') =>
  refusedAnswer.parse(await getJson(`${url}/api/forward/${name}/refused${query}`)).batches
const send = (ingest: Ingest, from: number, to: number, headers: Env = {}) =>
  post(`${ingest.url}/v1/traces`, requestOf(spansOf(from, to)), { ...protobufType, ...headers })
const change = async ({ url }: Ingest, path: string, method: string) =>
  setAsideAnswer.parse(await (await fetch(`${url}/api/forward/${path}`, { method })).json()).batches

test('refused spans are listed, sent again when the destination has changed its mind, or dropped', async () => {
  let picky = true
  const bad = [3, 7, 11].map((number) => Buffer.from(spanId(number), 'hex'))
  const to = await httpDestination((_count, body) =>
    picky && bad.some((bytes) => body.includes(bytes)) ? 'refuse' : 'take',
  )
  const folder = { PROBESPAN_DB: join(temporaryFolder(), 'probespan.db') }
  const config = configWith({ name: 'picky', endpoint: to.endpoint })
  const first = await runIngest({ ...folder, PROBESPAN_CONFIG: config })
  await send(first, 1, 13)
  await expect.poll(async () => (await statesOf(first))[0]?.setAside.spans, soon).toBe(3)
  expect(idsOf(to.taken())).toHaveLength(9)
  await first.close()

  const again = await runIngest({ ...folder, PROBESPAN_CONFIG: config })
  const listed = await refusedOf(again, 'picky')
  expect(listed).toMatchObject(
    [3, 7, 11].map((number) => ({
      reason: '400 Bad Request: refuse',
      spanCount: 1,
      spansRefused: 1,
      replay: false,
      spans: [{ traceId: hexId(1, 32), spanId: spanId(number), name: `span ${number}` }],
    })),
  )
  const [firstId = 0, secondId = 0, thirdId = 0] = listed.map(({ id }) => id)
  expect(await refusedOf(again, 'picky', `?after=${firstId}&limit=1`)).toMatchObject([{ id: secondId }])

  // Refused once more: back in the list, under a new number.
  expect(await change(again, `picky/replay?id=${firstId}`, 'POST')).toBe(1)
  await expect.poll(async () => (await refusedOf(again, 'picky')).at(-1)?.id, soon).toBeGreaterThan(thirdId)
  expect(await refusedOf(again, 'picky')).toMatchObject([{ id: secondId }, { id: thirdId }, { spanCount: 1 }])
  expect(await change(again, `picky/refused?id=${secondId}`, 'DELETE')).toBe(1)
  picky = false
  expect(await change(again, 'picky/replay', 'POST')).toBe(2)
  await expect.poll(async () => (await statesOf(again))[0]?.setAside.batches, soon).toBe(0)
  expect(idsOf(to.taken()).slice(9)).toEqual([spanId(11), spanId(3)])
  // Of all time, also before the restart.
  expect((await statesOf(again))[0]).toMatchObject({
    spansSent: 11,
    spansRefused: 3,
    lag: { spans: 0, bytes: 0 },
  })
  expect(await change(again, 'picky/refused', 'DELETE')).toBe(0)
})

test('a partial success sets aside how many were rejected, with the batch they were in', async () => {
  const to = await httpDestination(() => 'reject-one')
  const ingest = await runIngest({ PROBESPAN_CONFIG: configWith({ name: 'odd', endpoint: to.endpoint }) })
  await send(ingest, 1, 6)
  await expect
    .poll(() => refusedOf(ingest, 'odd'), soon)
    .toMatchObject([{ reason: 'one is odd', spanCount: 5, spansRefused: 1 }])
  expect((await statesOf(ingest))[0]).toMatchObject({ spansSent: 4, spansRefused: 1, setAside: { spans: 1 } })
  expect(to.requests).toHaveLength(1)
})

test('a destination that hangs, one that is away and one that forbids hold up nobody, and lose nothing', async () => {
  let well = false
  const until = (behaviour: 'hang' | 'away' | 'forbid') => () => (well ? 'take' : behaviour)
  const [hanging, away, forbidding, fine] = await Promise.all([
    httpDestination(until('hang')),
    httpDestination(until('away')),
    httpDestination(until('forbid')),
    httpDestination(() => 'take'),
  ])
  const ingest = await runIngest({
    PROBESPAN_CONFIG: configWith(
      { name: 'hanging', endpoint: hanging.endpoint, 'timeout-ms': 2_000 },
      { name: 'away', endpoint: away.endpoint },
      { name: 'forbidding', endpoint: `${forbidding.endpoint}?key=secret` },
      { name: 'fine', endpoint: fine.endpoint },
    ),
  })
  for (let from = 1; from < 100; from += 10) await send(ingest, from, from + 10)
  await expect.poll(() => idsOf(fine.taken()), soon).toHaveLength(100)
  await expect
    .poll(async () => (await statesOf(ingest)).map(({ state }) => state), soon)
    .toEqual(['waiting', 'running', 'misconfigured', 'waiting'])
  const states = await statesOf(ingest)
  expect(states.map(({ name, lag }) => [name, lag.spans])).toEqual([
    ['away', 100],
    ['fine', 0],
    ['forbidding', 100],
    ['hanging', 100],
  ])
  expect(states[2]).toMatchObject({
    endpoint: forbidding.endpoint,
    lastError: { message: '403 Forbidden: forbid' },
    setAside: { spans: 0 },
  })
  expect(states[3]?.lastError?.message).toBe('no answer within 2000 ms')
  expect(Number(states[0]?.nextAttemptUnixNano) / 1e6).toBeGreaterThan(Date.now() - 5_000)
  well = true
  const all = spansOf(1, 101).map((span) => span.spanId)
  for (const to of [hanging, away, forbidding]) {
    await expect.poll(() => idsOf(to.taken()), soon).toEqual(all)
  }
})

test('a destination that fails at a batch gets it a few times, then the rest goes on without it', async () => {
  const bad = Buffer.from(spanId(5), 'hex')
  const to = await httpDestination((_count, body) => (body.includes(bad) ? 'fail' : 'take'))
  const ingest = await runIngest({ PROBESPAN_CONFIG: configWith({ name: 'ill', endpoint: to.endpoint }) })
  await send(ingest, 1, 9)
  await expect
    .poll(async () => (await statesOf(ingest))[0]?.setAside.spans, { timeout: 40_000, interval: 200 })
    .toBe(1)
  expect(idsOf(to.taken())).toEqual([1, 2, 3, 4, 6, 7, 8].map(spanId))
  const failed = to.requests.filter(({ behaviour }) => behaviour === 'fail')
  const attempts = failed.filter(({ body }) => headsOf(body).length === 8)
  expect(attempts).toHaveLength(5)
})

test('where batches are too large they get smaller, and stay so', async () => {
  const bytesMax = 200_000
  const to = await httpDestination((_count, body) => (body.length > bytesMax ? 'too-large' : 'take'))
  const ingest = await runIngest({
    PROBESPAN_CONFIG: configWith({ name: 'small', endpoint: to.endpoint, 'batch-size': 8_000 }),
  })
  await send(ingest, 1, 8_001)
  await expect.poll(() => idsOf(to.taken()), soon).toHaveLength(8_000)
  const refused = () => to.requests.filter(({ behaviour }) => behaviour === 'too-large').length
  expect(refused()).toBeGreaterThan(0)
  expect(refused()).toBeLessThan(8)
  const before = refused()
  await send(ingest, 8_001, 16_001)
  await expect.poll(() => idsOf(to.taken()), soon).toHaveLength(16_000)
  expect(refused() - before).toBeLessThan(3)
  expect((await statesOf(ingest))[0]).toMatchObject({ spansRefused: 0 })
})

test('only what one source and service sent goes to a destination that wants no more', async () => {
  const to = await httpDestination(() => 'take')
  const ingest = await runIngest({
    PROBESPAN_CONFIG: configWith({
      name: 'some',
      endpoint: to.endpoint,
      sources: ['ebpf'],
      services: ['shop', 'db'],
    }),
  })
  const senders = ['shop', 'db', 'mail'].flatMap((service) =>
    (['beyla', 'bpftrace', 'otlp'] as const).map((source) => ({ service, source })),
  )
  const spans = senders.map((sender, index) => ({
    traceId: hexId(1, 32),
    spanId: spanId(index + 1),
    ...sender,
  }))
  for (const span of spans) await post(`${ingest.url}/v1/traces`, requestOf([span]), protobufType)
  await post(`${ingest.url}/v1/traces`, requestOf(spans), protobufType)
  const wanted = spans
    .filter(({ service, source }) => service !== 'mail' && source !== 'otlp')
    .map((span) => span.spanId)
  await expect.poll(() => idsOf(to.taken()), soon).toEqual([...wanted, ...wanted])
  await expect
    .poll(async () => (await statesOf(ingest))[0], soon)
    .toMatchObject({ lag: { spans: 0 }, spansSent: 8 })
})

test('who is further behind than the limit loses the oldest spans, counted, also while it is away', async () => {
  let away = true
  const to = await httpDestination(() => (away ? 'away' : 'take'))
  const config = configWith({ name: 'late', endpoint: to.endpoint, 'lag-limit': { spans: 50 } })
  const ingest = await runIngest({ PROBESPAN_CONFIG: config })
  for (let from = 1; from < 100; from += 10) await send(ingest, from, from + 10)
  await expect
    .poll(async () => (await statesOf(ingest))[0], soon)
    .toMatchObject({ lag: { spans: 50 }, spansSkipped: 50 })
  away = false
  await expect.poll(() => idsOf(to.taken()), soon).toEqual(spansOf(51, 101).map((span) => span.spanId))
  const metrics = await (await fetch(`${ingest.url}/metrics`)).text()
  for (const line of [
    'probespan_ingest_spans_skipped_total 50',
    'probespan_ingest_spans_forwarded_total 50',
    'probespan_ingest_destination_spans_total{destination="late",outcome="skipped"} 50',
    'probespan_ingest_destination_lag_spans{destination="late"} 0',
    'probespan_ingest_destination_set_aside_spans{destination="late"} 0',
  ]) {
    expect(metrics).toContain(`${line}\n`)
  }
})

test('looking needs a key that may read, changing one that may administer; unknown names are told', async () => {
  const keys = join(temporaryFolder(), 'keys.json')
  const may = (name: string, ...permissions: string[]) => ({ name, key: name, may: permissions })
  writeFileSync(keys, JSON.stringify({ keys: [may('reader', 'read'), may('admin', 'admin')] }))
  const to = await httpDestination(() => 'take')
  const env = { PROBESPAN_DB: join(temporaryFolder(), 'probespan.db') }
  const ingest = await runIngest({
    ...env,
    PROBESPAN_KEYS_FILE: keys,
    PROBESPAN_CONFIG: configWith({ name: 'a', endpoint: to.endpoint }),
  })
  const status = async (path: string, method: string, key: string, from = ingest) =>
    (await fetch(`${from.url}/api/forward${path}`, { method, headers: { 'x-api-key': key } })).status
  for (const path of ['', '/a/refused']) {
    expect(await status(path, 'GET', 'nobody')).toBe(401)
    expect(await status(path, 'GET', 'admin')).toBe(403)
    expect(await status(path, 'GET', 'reader')).toBe(200)
  }
  for (const [path, method] of [['/a/replay', 'POST'] as const, ['/a/refused', 'DELETE'] as const]) {
    expect(await status(path, method, 'reader')).toBe(403)
    expect(await status(path, method, 'admin')).toBe(200)
    expect(await status(`${path}?id=0`, method, 'admin')).toBe(400)
    expect(await status(`${path}?only=1`, method, 'admin')).toBe(400)
    expect(await status(path.replace('a', 'b'), method, 'admin')).toBe(404)
  }
  expect(await status('/a', 'DELETE', 'reader')).toBe(403)
  expect(await status('/a', 'DELETE', 'admin')).toBe(409)
  await ingest.close()

  // Not configured any more: still shown, with what it refused, but nothing can be sent to it.
  const without = await runIngest(env)
  expect(await statesOf(without)).toMatchObject([{ name: 'a', state: 'off' }])
  const replay = await fetch(`${without.url}/api/forward/a/replay`, { method: 'POST' })
  expect(await replay.json()).toMatchObject({ error: { code: 'destination_unknown' } })
  expect(await status('/a/refused', 'DELETE', '', without)).toBe(200)
  expect(await status('/a', 'DELETE', '', without)).toBe(200)
  expect(await statesOf(without)).toEqual([])
  expect(await status('/a', 'DELETE', '', without)).toBe(404)
})
