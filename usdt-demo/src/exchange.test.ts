// What would break: a span that sticks out of its request, a request with two ends or none, a log that differs from what
// the tracer saw.
import { expect, test } from 'vitest'
import { recordedProbes } from '../test/recorded-probes.ts'
import type { FiredProbe } from '../test/recorded-probes.ts'
import { Exchange } from './exchange.ts'
import type { Fate } from './fate.ts'
import type { LogLine } from './request-log.ts'

const quick: Fate = {
  firstQueryDelayMs: 1,
  laterQueryDelayMs: 1,
  paymentDelayMs: 1,
  queryFails: false,
  paymentDeclined: false,
}
const sql = 'SELECT 1'

function open(fate: Partial<Fate> = {}): { exchange: Exchange; fired: FiredProbe[]; lines: LogLine[] } {
  const { probes, fired } = recordedProbes()
  const lines: LogLine[] = []
  let timeNs = 1_795_151_965_000_000_000n
  const exchange = new Exchange({
    id: 'req-1',
    method: 'GET',
    route: '/products',
    traceparent: undefined,
    fate: { ...quick, ...fate },
    probes,
    clock: () => (timeNs += 7n),
    log: (line) => lines.push(line),
  })
  return { exchange, fired, lines }
}

test('a request with a query and a payment fires its six probes in order, and logs the values of its end', async () => {
  const { exchange, fired, lines } = open()
  expect(await exchange.query(sql, ['a', 'b'])).toEqual(['a', 'b'])
  expect(await exchange.pay('acme-pay', 1_250)).toBe(true)
  exchange.finish(200)
  expect(fired).toEqual([
    { probe: 'requestStart', values: ['req-1', 1_795_151_965_000_000_007n, '', 'GET'] },
    { probe: 'queryStart', values: ['req-1', 1_795_151_965_000_000_014n, sql] },
    { probe: 'queryEnd', values: ['req-1', 1_795_151_965_000_000_014n, 7n, 2n] },
    { probe: 'paymentStart', values: ['req-1', 1_795_151_965_000_000_028n, 'acme-pay', 1_250n] },
    { probe: 'paymentEnd', values: ['req-1', 1_795_151_965_000_000_028n, 7n, true] },
    { probe: 'requestEnd', values: ['req-1', 1_795_151_965_000_000_007n, 35n, 200, '/products'] },
  ])
  expect(lines).toEqual([
    {
      id: 'req-1',
      method: 'GET',
      route: '/products',
      status: 200,
      startUnixNano: '1795151965000000007',
      durationNano: '35',
    },
  ])
})

test('a failed query ends with -1 rows and throws; only the first query of a request fails', async () => {
  const { exchange, fired } = open({ queryFails: true })
  await expect(exchange.query(sql, [])).rejects.toThrow('query failed: SELECT 1')
  expect(fired.at(-1)).toMatchObject({ probe: 'queryEnd', values: ['req-1', expect.anything(), 7n, -1n] })
  expect(await exchange.query(sql, [1])).toEqual([1])
})

test('a declined payment ends as not approved', async () => {
  const { exchange, fired } = open({ paymentDeclined: true })
  expect(await exchange.pay('acme-pay', 1)).toBe(false)
  expect(fired.at(-1)?.values.at(-1)).toBe(false)
})

test('a client that goes away ends the running query first, then its request once, and nothing begins after', async () => {
  const { exchange, fired, lines } = open({ firstQueryDelayMs: 60_000 })
  const [query] = await Promise.allSettled([exchange.query(sql, [1]), exchange.clientGone()])
  expect(query).toMatchObject({ status: 'rejected', reason: { name: 'AbortError' } })
  await expect(exchange.query(sql, [1])).rejects.toThrow('aborted')
  exchange.finish(500)
  await exchange.clientGone()
  expect(fired.map(({ probe }) => probe)).toEqual(['requestStart', 'queryStart', 'queryEnd', 'requestEnd'])
  expect(fired[2]?.values.at(-1)).toBe(-1n)
  expect(lines.map(({ status }) => status)).toEqual([499])
})

test('a connection that closes after the response is no second end', async () => {
  const { exchange, lines } = open()
  exchange.finish(200)
  await exchange.clientGone()
  expect(lines.map(({ status }) => status)).toEqual([200])
})

test('route code that runs two operations at a time, or one after the end, is found out', async () => {
  const { exchange } = open()
  const first = exchange.query(sql, [])
  await expect(exchange.pay('acme-pay', 1)).rejects.toThrow('req-1: two operations at a time')
  await first
  exchange.finish(200)
  await expect(exchange.query(sql, [])).rejects.toThrow("req-1: an operation after the request's end")
})
