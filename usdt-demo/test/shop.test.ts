// What would break: a log (and with it every comparison of traces) that misses a request, counts one twice or differs
// from the answer; a shop that loses lines when it is stopped. Real child process, real HTTP, real probes.
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { buildAddon } from '../src/build-addon.ts'
import { runTraffic } from '../src/traffic.ts'
import { outcome, runProgram, ShopProcess } from './shop-process.ts'
import type { ReadLine } from './shop-process.ts'

const mainPath = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const trafficPath = fileURLToPath(new URL('../src/traffic-main.ts', import.meta.url))
const endless = new AbortController().signal

beforeAll(async () => {
  await buildAddon()
})

function countByStatus(lines: readonly ReadLine[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status } of lines) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

function overlapping(lines: readonly ReadLine[]): number {
  const spans = lines.map(({ startUnixNano, durationNano }) => ({
    start: BigInt(startUnixNano),
    end: BigInt(startUnixNano) + BigInt(durationNano),
  }))
  return spans.filter((a) => spans.some((b) => a !== b && b.start < a.end && a.start < b.end)).length
}

test('300 overlapping requests: one line each, with the status of its answer', async () => {
  await using shop = await ShopProcess.start()
  const beforeNs = BigInt(Date.now()) * 1_000_000n
  const { sent, byStatus } = await runTraffic({
    url: shop.url,
    requests: 300,
    concurrency: 32,
    seed: 11,
    signal: endless,
  })
  expect(await shop.stop()).toBe(0)
  const afterNs = BigInt(Date.now() + 1) * 1_000_000n
  const lines = await shop.log()
  expect(sent).toBe(300)
  expect(lines).toHaveLength(300)
  expect(new Set(lines.map(({ id }) => id)).size).toBe(300)
  expect(countByStatus(lines)).toEqual(byStatus)
  for (const status of ['200', '201', '402', '404', '500']) expect(byStatus).toHaveProperty(status)
  expect(overlapping(lines)).toBeGreaterThan(250)
  expect(lines.filter(({ traceparent }) => traceparent !== undefined).length).toBeGreaterThan(30)
  // The wall clock may be slewed while the shop's keeps to its offset.
  for (const { startUnixNano, durationNano } of lines) {
    expect(BigInt(durationNano)).toBeGreaterThan(0n)
    expect(BigInt(startUnixNano)).toBeGreaterThan(beforeNs - 50_000_000n)
    expect(BigInt(startUnixNano) + BigInt(durationNano)).toBeLessThan(afterNs + 50_000_000n)
  }
})

test('a client that goes away has exactly one line, healthz none, an unknown path one without route', async () => {
  await using shop = await ShopProcess.start()
  const traceparents = Array.from({ length: 20 }, (_, index) => {
    const spanId = String(index + 1).padStart(16, '0')
    return `00-0af7651916cd43dd8448eb211c80319c-${spanId}-01`
  })
  // Two requests a connection, the second pipelined behind the first.
  const pairs = traceparents.flatMap((first, index) => (index % 2 ? [] : [[first, traceparents[index + 1]!]]))
  await Promise.all(pairs.map((pair) => sendAndLeave(shop.url, pair)))
  expect((await fetch(`${shop.url}/healthz`)).status).toBe(200)
  expect((await fetch(`${shop.url}/nowhere`)).status).toBe(404)
  await expect.poll(async () => (await shop.log()).length, { timeout: 10_000 }).toBe(21)
  await shop.stop()
  const lines = await shop.log()
  expect(new Set(lines.flatMap(({ traceparent }) => traceparent ?? []))).toEqual(new Set(traceparents))
  expect(lines.filter(({ status }) => status === 499).length).toBeGreaterThan(0)
  expect(lines.filter(({ route }) => route === '')).toMatchObject([{ method: 'GET', status: 404 }])
  expect(lines.some(({ route }) => route === '/healthz')).toBe(false)
})

/** Checkouts whose client closes the connection as soon as they are on their way. */
function sendAndLeave(url: string, traceparents: readonly string[]): Promise<void> {
  const { hostname, port } = new URL(url)
  const body = JSON.stringify({ productId: 'mug', quantity: 1 })
  const requests = traceparents.map((traceparent) =>
    [
      'POST /checkout HTTP/1.1',
      'host: shop',
      'content-type: application/json',
      `content-length: ${body.length}`,
      `traceparent: ${traceparent}`,
      '',
      body,
    ].join('\r\n'),
  )
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    socket.on('error', reject).on('close', () => resolve())
    socket.write(requests.join(''), () => socket.destroy())
  })
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s amid traffic: every answered request is in the log, exit 0',
  async (signal) => {
    await using shop = await ShopProcess.start()
    const stopTraffic = new AbortController()
    const answered = new Promise<void>((resolve) => {
      stopTraffic.signal.addEventListener('abort', () => resolve())
    })
    const traffic = runTraffic({
      url: shop.url,
      requests: Infinity,
      concurrency: 16,
      seed: 5,
      signal: stopTraffic.signal,
      onProgress: ({ sent }) => {
        if (sent > 60) stopTraffic.abort()
      },
    })
    await answered
    const [code, { byStatus }] = await Promise.all([shop.stop(signal), traffic])
    expect(code).toBe(0)
    const { unanswered: _unanswered, 503: _refused, ...served } = byStatus
    expect(countByStatus(await shop.log())).toEqual(served)
  },
)

test('a second shop on a port in use says so and exits 1', async () => {
  await using shop = await ShopProcess.start()
  const { port } = new URL(shop.url)
  const { code, stderr, stdout } = await outcome(runProgram(mainPath, { SHOP_PORT: port, SHOP_LOG: '' }))
  expect(stderr).toBe(
    `Port ${port} on 127.0.0.1 is in use. Stop the program that listens there, or set SHOP_PORT to another.\n`,
  )
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
})

test.each([
  [{ SHOP_PORT: 'http' }, /^SHOP_PORT is "http": it must be an integer from 0 /],
  [
    { SHOP_PORT: '0', SHOP_LOG: '/nonexistent/shop.log' },
    /^The request log \/nonexistent\/shop\.log cannot be opened: /,
  ],
  [
    { SHOP_PORT: '0', SHOP_HOST: '192.0.2.1' },
    /^The shop cannot listen on 192\.0\.2\.1, port 0: .*SHOP_HOST/,
  ],
])('with %j the shop does not start, and says why in one line', async (env, message) => {
  const { code, stderr } = await outcome(runProgram(mainPath, { SHOP_LOG: '', SHOP_HOST: '', ...env }))
  expect(stderr).toMatch(message)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(code).toBe(1)
})

test('the traffic process sends what it is told, at the rate it is told, and prints its counts', async () => {
  await using shop = await ShopProcess.start()
  const startMs = performance.now()
  const { code, stdout } = await outcome(
    runProgram(trafficPath, { SHOP_URL: shop.url, REQUESTS: '41', CONCURRENCY: '4', RATE_PER_SECOND: '40' }),
  )
  // The 41st is not sent before second 1.
  expect(performance.now() - startMs).toBeGreaterThan(1_000)
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ sent: 41 })
  await shop.stop()
  expect(await shop.log()).toHaveLength(41)
})

test('two runs of the traffic process send no trace id twice, so that their traces stay apart', async () => {
  await using shop = await ShopProcess.start()
  const env = { SHOP_URL: shop.url, REQUESTS: '60' }
  for (const { code } of [
    await outcome(runProgram(trafficPath, env)),
    await outcome(runProgram(trafficPath, env)),
  ])
    expect(code).toBe(0)
  await shop.stop()
  const traceIds = (await shop.log()).flatMap(({ traceparent }) => traceparent?.split('-')[1] ?? [])
  expect(traceIds.length).toBeGreaterThan(2)
  expect(new Set(traceIds).size).toBe(traceIds.length)
})

test('traffic without a shop ends and says where it looked', async () => {
  const closedPort = await ShopProcess.start()
  await closedPort[Symbol.asyncDispose]()
  const { code, stderr } = await outcome(
    runProgram(trafficPath, { SHOP_URL: closedPort.url, CONCURRENCY: '50' }),
  )
  expect(stderr).toMatch(new RegExp(`^No answer from ${closedPort.url} to \\d+ requests in a row`))
  expect(code).toBe(1)
})
