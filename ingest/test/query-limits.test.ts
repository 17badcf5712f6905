// Who may ask, and how much: keys, budgets that are told when they are spent, a queue that sends away what is too much.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type {
  ApiError,
  AttributesAnswer,
  RedAnswer,
  SeriesAnswer,
  TracesAnswer,
  ValuesAnswer,
} from '../src/wire.ts'
import { firstStart, madeTraces, send } from './asked-traces.ts'
import { getJson, runIngest, temporaryFolder } from './running.ts'
import { hexId } from './sample.ts'

const paths = [
  '/api/traces',
  `/api/traces/${hexId(1, 32)}`,
  `/api/traces/${hexId(1, 32)}?skeleton=true`,
  `/api/traces/${hexId(1, 32)}/spans/${hexId(1, 16)}`,
  '/api/services',
  '/api/services/shop/operations',
  '/api/attributes',
  '/api/attributes/http.route/values',
  '/api/endpoints',
  '/api/counters',
  '/api/red',
  '/api/series',
]

test('asking needs a key that may read; only the description is open', async () => {
  const file = join(temporaryFolder(), 'keys.json')
  const key = (name: string, may: string) => ({
    name,
    sha256: createHash('sha256').update(name).digest('hex'),
    may: [may],
  })
  writeFileSync(file, JSON.stringify({ keys: [key('sender', 'write'), key('reader', 'read')] }))
  const { url } = await runIngest({ PROBESPAN_KEYS_FILE: file })
  const statusOf = async (path: string, apiKey?: string): Promise<number> =>
    (await fetch(url + path, { headers: apiKey === undefined ? {} : { 'x-api-key': apiKey } })).status
  for (const path of paths) {
    expect([path, await statusOf(path)]).toEqual([path, 401])
    expect([path, await statusOf(path, 'sender')]).toEqual([path, 403])
    expect([path, await statusOf(path, 'reader')]).toEqual([path, path.includes(hexId(1, 32)) ? 404 : 200])
  }
  expect(await statusOf('/api/openapi.json')).toBe(200)
})

test('an answer that would take too much is what was found until then, and says so', async () => {
  const { url } = await runIngest({
    PROBESPAN_QUERY_SPANS_MAX: '10000',
    PROBESPAN_QUERY_TIMEOUT_MS: '600000',
  })
  for (let batch = 0; batch < 10; batch++) await send(url, madeTraces(batch, 1_000, 1 + batch * 1_000))
  const range = `start=${firstStart}&end=${firstStart + 20_000_000_000n}`
  const answers = [
    await getJson<TracesAnswer>(`${url}/api/traces?attribute=ratio%3E1e30`),
    await getJson<AttributesAnswer>(`${url}/api/attributes`),
    await getJson<ValuesAnswer>(`${url}/api/attributes/http.route/values`),
    await getJson<SeriesAnswer>(
      `${url}/api/series?${range}&q=${encodeURIComponent('{ .ratio > 0.3 } | rate()')}`,
    ),
  ]
  for (const { cutShort, inspected } of answers) {
    expect(cutShort).toContain('may go through 10000')
    expect(inspected.spans).toBeLessThan(25_000)
    expect(inspected.blocksTotal).toBeGreaterThan(0)
  }
  // What is found in the newest blocks is whole.
  const newest = await getJson<TracesAnswer>(`${url}/api/traces?limit=5`)
  expect(newest.cutShort).toBeUndefined()
  expect(newest.traces[0]?.traceId).toBe(hexId(10_000, 32))
})

test('more than can be answered is sent away with a time to come again, and the rest is answered', async () => {
  const { url } = await runIngest()
  for (let batch = 0; batch < 3; batch++) await send(url, madeTraces(batch, 1_000, 1 + batch * 1_000))
  const question = `${url}/api/traces?order=slowest&limit=1&attribute=${encodeURIComponent('http.route=~.*x[0-9]+.*')}`
  const responses = await Promise.all(Array.from({ length: 300 }, () => fetch(question)))
  const refused = responses.filter(({ status }) => status === 503)
  expect(refused.length).toBeGreaterThan(0)
  for (const response of refused) {
    expect(response.headers.get('retry-after')).toBe('1')
    const { error } = (await response.json()) as ApiError
    expect(error).toEqual({ code: 'query_busy', message: expect.stringContaining('too much is being asked') })
  }
  const answered = responses.filter(({ status }) => status === 200)
  expect(answered.length + refused.length).toBe(300)
  expect(answered.length).toBeGreaterThan(0)
  // Nothing is left behind in the queue.
  expect((await getJson<RedAnswer>(`${url}/api/red`)).groups).toEqual([])
})

test('a question that is hung up on gives its place to the next one', async () => {
  const { url } = await runIngest()
  for (let batch = 0; batch < 3; batch++) await send(url, madeTraces(batch, 1_000, 1 + batch * 1_000))
  const question = `${url}/api/traces?order=slowest&attribute=${encodeURIComponent('http.route=~.*x[0-9]+.*')}`
  for (let round = 0; round < 5; round++) {
    const controller = new AbortController()
    const asked = Array.from({ length: 60 }, () =>
      fetch(question, { signal: controller.signal }).catch(() => undefined),
    )
    // One of them has been answered, so the others are under way.
    await Promise.race(asked)
    controller.abort()
    await Promise.all(asked)
    const after = await fetch(`${url}/api/traces?limit=1`)
    expect([after.status, ((await after.json()) as TracesAnswer).traces.length]).toEqual([200, 1])
  }
})
