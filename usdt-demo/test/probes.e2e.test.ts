// What would break: a real tracer on the running shop that sees other requests, queries or payments than there were.
// Needs root, bpftrace and BPF. On CI not being able to attach is a failure; elsewhere the test is skipped and says why.
import { beforeAll, expect, test } from 'vitest'
import type { TestContext } from 'vitest'
import { buildAddon } from '../src/build-addon.ts'
import { runTraffic } from '../src/traffic.ts'
import { CannotAttach, trace } from './bpftrace.ts'
import type { Tracer, Tuple } from './bpftrace.ts'
import { ShopProcess } from './shop-process.ts'

const requests = 300
const requestScript = `
  usdt:*:fosdem:request_start { print(("request_start", str(arg0), arg1, str(arg2), str(arg3))); }
  usdt:*:fosdem:request_end { print(("request_end", str(arg0), arg1, arg2, (int32)arg3, str(arg4))); }`
const operationScript = `
  usdt:*:fosdem:request_start { print(("request_start", str(arg0), arg1)); }
  usdt:*:fosdem:request_end { print(("request_end", str(arg0), arg1, arg2)); }
  usdt:*:fosdem:query_start { print(("query_start", str(arg0), arg1, str(arg2))); }
  usdt:*:fosdem:query_end { print(("query_end", str(arg0), arg1, arg2, (int64)arg3)); }
  usdt:*:fosdem:payment_start { print(("payment_start", str(arg0), arg1, str(arg2), (int64)arg3)); }
  usdt:*:fosdem:payment_end { print(("payment_end", str(arg0), arg1, arg2, (int32)arg3)); }`

beforeAll(async () => {
  await buildAddon()
})

async function attach(context: TestContext, pid: number, script: string): Promise<Tracer> {
  try {
    return await trace(pid, script)
  } catch (error) {
    if (!(error instanceof CannotAttach) || process.env['CI'] === 'true') throw error
    console.warn(`SKIPPED: ${error.message}`)
    return context.skip(error.message)
  }
}

async function sendTraffic(url: string): Promise<void> {
  const signal = new AbortController().signal
  const { sent } = await runTraffic({ url, requests, concurrency: 24, seed: 3, signal })
  expect(sent).toBe(requests)
}

function byText(tuples: readonly Tuple[]): string[] {
  return tuples.map((tuple) => JSON.stringify(tuple)).sort((a, b) => (a < b ? -1 : 1))
}

test('bpftrace sees each request once, with exactly the values that the log has', async (context) => {
  await using shop = await ShopProcess.start()
  const tracer = await attach(context, shop.pid, requestScript)
  await sendTraffic(shop.url)
  await expect.poll(() => tracer.tuples.length, { timeout: 10_000 }).toBe(2 * requests)
  await tracer.stop()
  await shop.stop()
  const expected = (await shop.log()).flatMap((line): Tuple[] => {
    const { id, startUnixNano, durationNano } = line
    return [
      ['request_start', id, startUnixNano, line.traceparent ?? '', line.method],
      ['request_end', id, startUnixNano, durationNano, String(line.status), line.route],
    ]
  })
  expect(byText(tracer.tuples)).toEqual(byText(expected))
  expect(tracer.others).toEqual([])
})

test('each query and payment has one end and lies within its request', async (context) => {
  await using shop = await ShopProcess.start()
  const tracer = await attach(context, shop.pid, operationScript)
  await sendTraffic(shop.url)
  const ofProbe = (name: string): Tuple[] => tracer.tuples.filter(([probe]) => probe === name)
  await expect.poll(() => ofProbe('request_end').length, { timeout: 10_000 }).toBe(requests)
  await tracer.stop()
  expect(tracer.others).toEqual([])
  for (const operation of ['request', 'query', 'payment']) {
    const key = ([, reqid, startNs]: Tuple): Tuple => [reqid!, startNs!]
    const starts = byText(ofProbe(`${operation}_start`).map(key))
    expect(starts.length).toBeGreaterThan(operation === 'payment' ? 20 : 250)
    expect(byText(ofProbe(`${operation}_end`).map(key))).toEqual(starts)
  }
  const span = ([, , startNs, durationNs]: Tuple) => {
    const start = BigInt(startNs!)
    return { start, end: start + BigInt(durationNs!) }
  }
  const requestSpans = new Map(ofProbe('request_end').map((tuple) => [tuple[1], span(tuple)]))
  const outside = [...ofProbe('query_end'), ...ofProbe('payment_end')].filter((tuple) => {
    const inner = span(tuple)
    const outer = requestSpans.get(tuple[1])
    return outer === undefined || inner.start < outer.start || inner.end > outer.end
  })
  expect(outside).toEqual([])
  expect(ofProbe('query_end').some(([, , , , rows]) => rows === '-1')).toBe(true)
  expect(new Set(ofProbe('payment_end').map(([, , , , approved]) => approved))).toEqual(new Set(['0', '1']))
  expect(
    ofProbe('payment_start').every(([, , , provider, cents]) => provider === 'acme-pay' && Number(cents) > 0),
  ).toBe(true)
})
