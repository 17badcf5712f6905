// What would break: a page that answers with the wrong status, or a probe that names the wrong route. Injected requests,
// recorded probes; a constant in place of chance decides each request's fate.
import type { InjectOptions } from 'fastify'
import { expect, test } from 'vitest'
import { recordedProbes } from '../test/recorded-probes.ts'
import type { FiredProbe } from '../test/recorded-probes.ts'
import type { LogLine } from './request-log.ts'
import { createShop } from './shop.ts'

/** Below 0.03 every request's query fails, below 0.05 every payment is declined; from 0.05 on all goes well. */
const allWell = 0.06
const declined = 0.04
const queryFails = 0.01

interface Visit {
  status: number
  body: unknown
  fired: FiredProbe[]
  lines: LogLine[]
}

async function visit(chance: number, ...requests: InjectOptions[]): Promise<Visit> {
  const { probes, fired } = recordedProbes()
  const lines: LogLine[] = []
  const clock = process.hrtime.bigint.bind(process.hrtime)
  const shop = createShop({ probes, clock, log: (line) => lines.push(line), random: () => chance })
  let status = 0
  let body: unknown
  for (const request of requests) {
    const response = await shop.inject(request)
    status = response.statusCode
    body = response.json()
  }
  await shop.close()
  return { status, body, fired, lines }
}

const checkout = (payload: object): InjectOptions => ({ method: 'POST', url: '/checkout', payload })

test.each<[string, number, InjectOptions, number, string]>([
  ['all products', allWell, { url: '/products' }, 200, '/products'],
  ['one product', allWell, { url: '/products/mug' }, 200, '/products/:id'],
  ['an unknown product', allWell, { url: '/products/unicorn' }, 404, '/products/:id'],
  ['a search', allWell, { url: '/search?q=mug' }, 200, '/search'],
  ['a search for nothing', allWell, { url: '/search?q=' }, 400, '/search'],
  ['a checkout', allWell, checkout({ productId: 'mug', quantity: 2 }), 201, '/checkout'],
  [
    'a checkout of an unknown product',
    allWell,
    checkout({ productId: 'unicorn', quantity: 1 }),
    404,
    '/checkout',
  ],
  ['a checkout of none', allWell, checkout({ productId: 'mug', quantity: 0 }), 400, '/checkout'],
  ['a declined checkout', declined, checkout({ productId: 'mug', quantity: 1 }), 402, '/checkout'],
  ['an unknown order', allWell, { url: '/orders/order-9' }, 404, '/orders/:id'],
  ['a failed query', queryFails, { url: '/products' }, 500, '/products'],
  ['an unknown page', allWell, { url: '/nowhere' }, 404, ''],
  ['a body that is no JSON', allWell, { method: 'POST', url: '/checkout', payload: '{' }, 415, '/checkout'],
])(
  '%s: one start, one end, one line, all with its status and route',
  async (_name, chance, request, status, route) => {
    const seen = await visit(chance, request)
    expect(seen.status).toBe(status)
    expect(seen.lines).toMatchObject([{ status, route }])
    expect(seen.fired.filter(({ probe }) => probe === 'requestStart')).toHaveLength(1)
    const ends = seen.fired.filter(({ probe }) => probe === 'requestEnd')
    expect(ends.map(({ values }) => values.slice(3))).toEqual([[status, route]])
    expect(seen.fired.at(-1)).toBe(ends[0])
  },
)

test('an order is found by the id that its checkout gave', async () => {
  const { body, fired } = await visit(allWell, checkout({ productId: 'mug', quantity: 2 }), {
    url: '/orders/order-1',
  })
  expect(body).toEqual({ id: 'order-1', productId: 'mug', quantity: 2, amountCents: 2_500 })
  const paid = fired.filter(({ probe }) => probe === 'paymentStart')
  expect(paid.map(({ values }) => values.slice(2))).toEqual([['acme-pay', 2_500n]])
})

test('healthz fires no probe and has no line', async () => {
  expect(await visit(allWell, { url: '/healthz' })).toEqual({
    status: 200,
    body: { status: 'ok' },
    fired: [],
    lines: [],
  })
})

test('a traceparent is passed on to probe and log; one that is malformed counts as none', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const { fired, lines } = await visit(
    allWell,
    { url: '/products', headers: { traceparent } },
    { url: '/products', headers: { traceparent: 'garbage' } },
  )
  const starts = fired.filter(({ probe }) => probe === 'requestStart')
  expect(starts.map(({ values }) => values[2])).toEqual([traceparent, ''])
  expect(lines.map((line) => line.traceparent)).toEqual([traceparent, undefined])
})

test('no statement is longer than the 63 bytes that bpftrace 0.17 reads of a string', async () => {
  const { fired } = await visit(
    allWell,
    { url: '/products' },
    { url: '/products/mug' },
    { url: '/search?q=mug' },
    checkout({ productId: 'mug', quantity: 1 }),
    { url: '/orders/order-1' },
  )
  const statements = fired.flatMap(({ probe, values }) => (probe === 'queryStart' ? [String(values[2])] : []))
  expect(statements).toHaveLength(6)
  expect(statements.filter((statement) => statement.length > 63)).toEqual([])
})
