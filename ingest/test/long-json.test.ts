// Long JSON bodies, which a thread of their own reads: others are answered meanwhile, what is wrong with them is told as
// for short ones, and one that takes more memory than there is ends nothing but itself.
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { getCounters, getTrace, jsonType, post, protobufType, runChild, runIngest } from './running.ts'
import { hexId, requestOf } from './sample.ts'

/** Of some 190 bytes a span. */
function longJson(spans: number, name = 'GET /'): string {
  const list = Array.from({ length: spans }, (_, index) => ({
    traceId: hexId(1, 32),
    spanId: hexId(index + 1, 16),
    name,
    kind: 2,
    startTimeUnixNano: '1700000000000000001',
    endTimeUnixNano: '1700000000000000002',
  }))
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: list }] }] })
}

test('while one is read, other requests are answered', async () => {
  const { url } = await runIngest()
  const spans = 90_000
  const sending = request(`${url}/v1/traces`, { method: 'POST', headers: jsonType })
  const answers: IncomingMessage[] = []
  const answer = once(sending, 'response').then(([response]) => answers.push(response as IncomingMessage))
  await new Promise<void>((resolve) => void sending.end(longJson(spans), resolve))
  // It has left this process; what is still on its way takes no longer than a few requests.
  let meanwhile = 0
  for (; answers.length === 0; meanwhile++) {
    const body = requestOf([{ traceId: hexId(2, 32), spanId: hexId(meanwhile + 1, 16) }])
    expect((await post(`${url}/v1/traces`, body, protobufType)).status).toBe(200)
  }
  await answer
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([200])
  expect(meanwhile).toBeGreaterThan(20)
  expect(await getCounters(url)).toMatchObject({ spansStored: spans + meanwhile })
})

test('all of one is read back', async () => {
  const { url } = await runIngest()
  const name = `long ☕ ${'x'.repeat(2_000)}`
  expect((await post(`${url}/v1/traces`, longJson(500, name), jsonType)).status).toBe(200)
  const { spans } = await getTrace(url, hexId(1, 32))
  expect(spans).toHaveLength(500)
  expect(new Set(spans.map((span) => span.name))).toEqual(new Set([name]))
  expect(spans[0]?.startUnixNano).toBe('1700000000000000001')
})

test('what is wrong with one is told, and with many at once to each its own', async () => {
  const { url } = await runIngest()
  const whole = longJson(2_000)
  const bodies = [
    whole.replace('"kind":2', '"kind":"SERVER"'),
    whole.slice(0, -1),
    whole,
    `{"resourceSpans":[${'{},'.repeat(1_000_000)}{}]}`,
  ]
  const answers = await Promise.all(bodies.map((body) => post(`${url}/v1/traces`, body, jsonType)))
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 200, 413])
  const words = await Promise.all(answers.map((answer) => answer.text()))
  expect(words[0]).toMatch(/resourceSpans\[0\]\.scopeSpans\[0\]\.spans\[0\]\.kind must be an integer/)
  expect(words[1]).toMatch(/not JSON/)
  expect(words[3]).toMatch(/objects and arrays/)
})

test('one that takes more memory than there is is refused; the service lives on and reads the next', async () => {
  const child = await runChild({ NODE_OPTIONS: '--max-old-space-size=120' })
  const huge = await post(`${child.url}/v1/traces`, longJson(200_000), jsonType)
  expect([huge.status, await huge.text()]).toEqual([413, expect.stringContaining('more memory')])
  expect((await post(`${child.url}/v1/traces`, longJson(2_000), jsonType)).status).toBe(200)
  expect(child.process.exitCode).toBeNull()
})
