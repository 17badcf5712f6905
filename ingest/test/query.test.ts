// The JSON API over HTTP: filters, errors that name the parameter, the page and what is not there.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { servicesAnswer, traceAnswer, tracesAnswer } from '../src/wire.ts'
import type { ApiError, ServicesAnswer } from '../src/wire.ts'
import { hexId, requestOf } from './sample.ts'
import { getJson, getTrace, getTraces, post, protobufType, runIngest, temporaryFolder } from './running.ts'

const start = 1_700_000_000_000_000_000n

async function filled(env: Record<string, string> = {}): Promise<string> {
  const { url } = await runIngest(env)
  const spans = Array.from({ length: 30 }, (_, index) => ({
    traceId: hexId(index + 1, 32),
    spanId: hexId(1, 16),
    start: start + BigInt(index),
    service: index % 2 === 0 ? 'shop' : 'db',
    source: index % 3 === 0 ? ('beyla' as const) : ('otlp' as const),
  }))
  const response = await post(`${url}/v1/traces`, requestOf(spans), protobufType)
  expect(response.status).toBe(200)
  return url
}

test('answers have the shapes of wire.ts', async () => {
  const url = await filled()
  expect(tracesAnswer.parse(await getTraces(url)).traces).toHaveLength(20)
  expect(traceAnswer.parse(await getTrace(url, hexId(1, 32))).spans).toHaveLength(1)
  const services = await getJson<ServicesAnswer>(`${url}/api/services`)
  expect(servicesAnswer.parse(services).services.map(({ name }) => name)).toEqual(['db', 'shop'])
})

test('filters go together, to the nanosecond', async () => {
  const url = await filled()
  const ids = async (query: string) =>
    (await getTraces(url, query)).traces.map(({ traceId }) => Number(`0x${traceId}`))
  expect(await ids('?limit=3')).toEqual([30, 29, 28])
  expect(await ids(`?start=${start + 28n}`)).toEqual([30, 29])
  expect(await ids(`?end=${start + 2n}`)).toEqual([2, 1])
  expect(await ids(`?service=shop&source=ebpf&end=${start + 13n}`)).toEqual([13, 7, 1])
  expect(await ids('?service=nobody')).toEqual([])
  expect(await ids('?start=99999999999999999999')).toEqual([])
})

test.for([
  ['limit=0', 'limit'],
  ['limit=ten', 'limit'],
  ['source=zipkin', 'zipkin'],
  ['start=yesterday', 'yesterday'],
  ['service=', 'service'],
  ['servcie=shop', 'servcie'],
  ['start=5&end=5', 'end'],
])('?%s is a 400 that names %s', async ([query = '', named = '']) => {
  const { url } = await runIngest()
  const response = await fetch(`${url}/api/traces?${query}`)
  expect(response.status).toBe(400)
  const { error } = (await response.json()) as ApiError
  expect(error).toEqual({ code: 'parameter_invalid', message: expect.stringContaining(named) })
})

test('a trace id may be written in capitals; an unknown or malformed one is told apart', async () => {
  const url = await filled()
  const known = hexId(0x1e, 32)
  expect((await getTrace(url, known.toUpperCase())).traceId).toBe(known)
  const unknown = await fetch(`${url}/api/traces/${hexId(999, 32)}`)
  expect([unknown.status, await unknown.json()]).toMatchObject([404, { error: { code: 'trace_unknown' } }])
  const malformed = await fetch(`${url}/api/traces/12`)
  expect([malformed.status, await malformed.json()]).toMatchObject([
    400,
    { error: { code: 'parameter_invalid' } },
  ])
})

test('a built page is served, its own addresses too; the API never answers with it', async () => {
  const dist = join(temporaryFolder(), 'dist')
  mkdirSync(dist)
  writeFileSync(join(dist, 'index.html'), '<title>explorer</title>')
  writeFileSync(join(dist, 'app.js'), 'let app')
  const { url } = await runIngest({ PROBESPAN_EXPLORER_DIR: dist })
  for (const path of ['/', '/traces/abc', '/traces/abc?x=/api/']) {
    const page = await fetch(url + path)
    expect([page.status, await page.text()]).toEqual([200, '<title>explorer</title>'])
  }
  expect(await (await fetch(`${url}/app.js`)).text()).toBe('let app')
  const missing = await fetch(`${url}/api/nothing`)
  expect([missing.status, await missing.json()]).toMatchObject([404, { error: { code: 'path_unknown' } }])
  expect((await fetch(`${url}/nothing`, { method: 'POST' })).status).toBe(404)
  expect((await fetch(`${url}/assets/of-an-older-build.js`)).status).toBe(404)
  const malformed = await fetch(`${url}/%E0%A4%A`)
  expect([malformed.status, await malformed.json()]).toMatchObject([
    400,
    { error: { code: 'parameter_invalid' } },
  ])
})

test('a page that is not built says how to build it', async () => {
  const { url } = await runIngest({ PROBESPAN_EXPLORER_DIR: '/nonexistent' })
  expect(await (await fetch(url)).text()).toMatch(/not built.*npm start/s)
})
