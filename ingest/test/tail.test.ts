// The live tail over real HTTP: what is told and to whom, going on where one was, many readers, readers that do not read,
// keys, and its end.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { tailClientsMax } from '../src/limits.ts'
import { tailEnd, tailSkipped, tailSpan } from '../src/wire.ts'
import type { ApiError } from '../src/wire.ts'
import type { AuditEntry } from '../src/audit/audit-entry.ts'
import { hexId, requestOf } from './sample.ts'
import type { SampleSpan } from './sample.ts'
import { getCounters, post, protobufType, runIngest, temporaryFolder } from './running.ts'
import { openTail } from './tail-reader.ts'

const patience = { timeout: 20_000, interval: 20 }
let lastSpanId = 0

async function send(url: string, spans: readonly Partial<SampleSpan>[]): Promise<void> {
  const whole = spans.map((span) => ({ traceId: hexId(7, 32), spanId: hexId(++lastSpanId, 16), ...span }))
  expect((await post(`${url}/v1/traces`, requestOf(whole), protobufType)).status).toBe(200)
}

const named = (from: number, to: number, more: Partial<SampleSpan> = {}) =>
  Array.from({ length: to - from }, (_, at) => ({ name: `n${from + at}`, ...more }))
const names = (from: number, to: number) => named(from, to).map(({ name }) => name)

test('a new span that fits is told with its facts; one from before, or that does not fit, is not', async () => {
  const { url } = await runIngest()
  await send(url, [{ name: 'before' }])
  const reader = await openTail(url, {
    service: 'shop',
    q: '{ span.user = "ada" && duration > 1us }',
    durationMin: '5',
  })
  expect(reader.status).toBe(200)
  expect(reader.response.headers['content-type']).toBe('text/event-stream; charset=utf-8')
  await send(url, [
    { name: 'other service', service: 'db', tags: { user: 'ada' }, duration: 5_000n },
    { name: 'too short', tags: { user: 'ada' }, duration: 900n },
    {
      name: 'fits',
      tags: { user: 'ada' },
      duration: 5_000n,
      source: 'beyla',
      status: 2,
      start: 1_700_000_000_123_456_789n,
    },
    { name: 'other user', tags: { user: 'bob' }, duration: 5_000n },
  ])
  await send(url, [{ name: 'fits, too', tags: { user: 'ada' }, duration: 6_000n }])
  await vi.waitFor(() => expect(reader.names()).toEqual(['fits', 'fits, too']), patience)
  expect(tailSpan.parse(reader.events[0]?.data)).toEqual({
    traceId: hexId(7, 32),
    spanId: expect.any(String),
    name: 'fits',
    kind: 'SERVER',
    startUnixNano: '1700000000123456789',
    durationNano: '5000',
    status: { code: 'ERROR' },
    source: 'beyla',
    service: 'shop',
    fields: expect.arrayContaining([{ key: 'span.user', value: { stringValue: 'ada' } }]),
  })
  const { tailSpans } = await getCounters(url)
  expect(tailSpans).toBe(2)
})

test('what cannot be followed is a 400 that says why', async () => {
  const { url } = await runIngest()
  const refusals = [
    ['q=%7Ba', '{a'],
    ['q=%7B%7D%7Crate()', 'one { … }'],
    ['q=%7B%7D%3E%7B%7D', 'one { … }'],
    ['q=%7BtraceDuration%3E1s%7D', 'whole trace'],
    ['limit=0', 'limit'],
    ['servcie=shop', 'servcie'],
    ['attribute=', 'attribute'],
  ] as const
  for (const [query, named] of refusals) {
    const response = await fetch(`${url}/api/tail?${query}`)
    const { error } = (await response.json()) as ApiError
    expect([response.status, error]).toEqual([
      400,
      { code: 'parameter_invalid', message: expect.stringContaining(named) },
    ])
  }
  const odd = await fetch(`${url}/api/tail`, { headers: { 'last-event-id': 'odd' } })
  expect([odd.status, await odd.text()]).toEqual([400, expect.stringContaining('Last-Event-ID')])
})

test('going on by the last id: no gap and nothing twice, wherever it broke off, also over a restart', async () => {
  const env = { PROBESPAN_DB: join(temporaryFolder(), 'probespan.db') }
  const first = await runIngest(env)
  const reader = await openTail(first.url)
  await send(first.url, named(0, 5))
  await vi.waitFor(() => expect(reader.names()).toHaveLength(5), patience)
  reader.close()
  await send(first.url, named(5, 9))
  // As if it had broken off behind each of the events.
  for (const [at, { id = '' }] of reader.events.entries()) {
    const again = await openTail(first.url, '', { 'last-event-id': id })
    await vi.waitFor(() => expect(again.names()).toEqual(names(at + 1, 9)), patience)
    again.close()
  }
  const last = reader.lastId() ?? ''
  await first.close()
  const second = await runIngest(env)
  const later = await openTail(second.url, '', { 'last-event-id': last })
  await send(second.url, named(9, 11))
  await vi.waitFor(() => expect(later.names()).toEqual(names(5, 11)), patience)
})

test('a reader that connects again and again, while blocks are merged, gets every span once', async () => {
  const { url } = await runIngest()
  const count = 400
  const got: string[] = []
  let reader = await openTail(url, 'limit=1000')
  const sending = (async () => {
    // A request a block: the upkeep merges them meanwhile.
    for (let at = 0; at < count; at++) await send(url, named(at, at + 1))
  })()
  for (;;) {
    await vi.waitFor(() => expect(reader.events).not.toHaveLength(0), patience)
    reader.close()
    got.push(...reader.names())
    if (got.length >= count) break
    reader = await openTail(url, 'limit=1000', { 'last-event-id': reader.lastId() ?? '' })
  }
  await sending
  expect(got).toEqual(names(0, count))
})

test('beyond its limit spans are skipped and counted, none is lost from the sum', async () => {
  const { url } = await runIngest()
  const reader = await openTail(url, 'limit=10')
  await send(url, named(0, 500))
  await send(url, named(500, 700))
  await vi.waitFor(() => expect(reader.names().length + reader.skipped()).toBe(700), patience)
  expect(reader.names().length).toBeGreaterThanOrEqual(10)
  expect(reader.names().length).toBeLessThan(100)
  const skip = reader.events.find(({ event }) => event === 'skipped')
  expect(tailSkipped.parse(skip?.data).spans).toBeGreaterThan(0)
  expect((await getCounters(url)).tailSpansSkipped).toBe(reader.skipped())
})

test('many readers with several filters each get theirs; there is room for so many and no more', async () => {
  const { url } = await runIngest()
  const readers = await Promise.all(
    Array.from({ length: tailClientsMax }, (_, at) => openTail(url, { service: `s${at % 5}` })),
  )
  const refused = await fetch(`${url}/api/tail`)
  expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: 'tails_busy' } }])
  const metrics = await (await fetch(`${url}/metrics`)).text()
  expect(metrics).toContain(`probespan_ingest_tails_open ${tailClientsMax}`)
  await send(
    url,
    Array.from({ length: 10 }, (_, at) => ({ name: `n${at}`, service: `s${at % 5}` })),
  )
  for (const [at, reader] of readers.entries()) {
    await vi.waitFor(() => expect(reader.names()).toEqual([`n${at % 5}`, `n${(at % 5) + 5}`]), patience)
  }
  for (const reader of readers.slice(1)) reader.close()
  // Their places are free again.
  await vi.waitFor(async () => {
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('probespan_ingest_tails_open 1')
  }, patience)
  await send(url, [{ name: 'last', service: 's0' }])
  await vi.waitFor(() => expect(readers[0]?.names()).toContain('last'), patience)
})

test('a reader that does not read holds up nobody, and is told later what it missed', async () => {
  const { url } = await runIngest()
  const lazy = await openTail(url, 'limit=1000')
  const eager = await openTail(url, 'limit=1000')
  lazy.response.pause()
  const name = 'x'.repeat(1_000)
  let sent = 0
  // Until its connection and its buffer are full.
  await vi.waitFor(
    async () => {
      for (let at = 0; at < 5; at++)
        await send(
          url,
          Array.from({ length: 100 }, () => ({ name })),
        )
      sent += 500
      expect((await getCounters(url)).tailSpansSkipped).toBeGreaterThan(2 * eager.skipped() + 500)
    },
    { timeout: 50_000, interval: 500 },
  )
  await vi.waitFor(() => expect(eager.names().length + eager.skipped()).toBe(sent), patience)
  lazy.response.resume()
  await vi.waitFor(async () => {
    await send(url, [{ name: 'one more' }])
    expect(lazy.names()).toContain('one more')
  }, patience)
  expect(lazy.skipped()).toBeGreaterThan(eager.skipped())
})

test('a key that may read is needed, as long as it lasts', async () => {
  const path = join(temporaryFolder(), 'keys.yaml')
  const write = (text: string) => {
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
  }
  write('keys: [{ name: r, key: r, may: [read] }, { name: w, key: w, may: [write] }]')
  const { url } = await runIngest({ PROBESPAN_KEYS_FILE: path })
  expect((await openTail(url)).status).toBe(401)
  expect((await openTail(url, '', { 'x-api-key': 'w' })).status).toBe(403)
  const reader = await openTail(url, '', { authorization: 'Bearer r' })
  write('keys: [{ name: w, key: w, may: [write] }]')
  await vi.waitFor(
    () => expect(reader.events).toEqual([{ event: 'end', id: undefined, data: { reason: 'key' } }]),
    {
      timeout: 30_000,
    },
  )
  await reader.ended
})

test('it ends with the service, at once, with a last event', async () => {
  const { url, close } = await runIngest()
  const reader = await openTail(url)
  const silent = connect(Number(new URL(url).port), '127.0.0.1')
  onTestFinished(() => void silent.destroy())
  silent.pause()
  silent.write('GET /api/tail HTTP/1.1\r\nhost: x\r\n\r\n')
  await vi.waitFor(async () => {
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('probespan_ingest_tails_open 2')
  }, patience)
  await close()
  await reader.ended
  expect(tailEnd.parse(reader.events.at(-1)?.data)).toEqual({ reason: 'stopped' })
})

test('the audit has a line when it begins and one when it ends; it leaves no trace of its own', async () => {
  const path = join(temporaryFolder(), 'audit.jsonl')
  const { url, close } = await runIngest({ PROBESPAN_AUDIT_FILE: path, PROBESPAN_OWN_TRACES: 'true' })
  const lines = () =>
    readFileSync(path, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as AuditEntry)
  const reader = await openTail(url, 'service=shop')
  await vi.waitFor(() => expect(lines()).toHaveLength(1), patience)
  expect(lines()[0]).toMatchObject({ event: 'opened', route: '/api/tail', parameters: { service: 'shop' } })
  reader.close()
  await vi.waitFor(() => expect(lines()).toHaveLength(2), patience)
  expect(lines()[1]).toMatchObject({ event: 'query', route: '/api/tail', status: 200, brokenOff: true })
  const { ownSpans } = await getCounters(url)
  expect(ownSpans).toBe(0)
  await close()
})
