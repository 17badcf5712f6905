// A reader that does not read, on a real connection, with the clock in the test's hand.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test, vi } from 'vitest'
import { tailBufferBytesMax } from '../limits.ts'
import type { TailFound } from '../store/questions.ts'
import { stuckMs, TailClient } from './tail-client.ts'

async function connection(): Promise<{ server: Socket; reader: Socket }> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const reader = connect((listener.address() as AddressInfo).port, '127.0.0.1')
  const [server] = (await once(listener, 'connection')) as [Socket]
  listener.close()
  onTestFinished(() => {
    server.destroy()
    reader.destroy()
  })
  return { server, reader }
}

const found = (block: number, count: number): TailFound => ({
  block,
  spans: Array.from({ length: count }, () => ({
    traceId: '1'.repeat(32),
    spanId: '2'.repeat(16),
    name: 'x'.repeat(1_000),
    startUnixNano: 1n,
    durationNano: 2n,
    fields: [],
    service: 'shop',
    source: 'otlp',
    kind: 'SERVER',
    status: 'OK',
  })),
  skipped: 0,
})

async function client() {
  const { server, reader } = await connection()
  const counters = { tailSpans: 0, tailSpansSkipped: 0, tailsCutOff: 0 }
  const clock = { ms: 0 }
  const made = new TailClient({
    stream: server,
    condition: undefined,
    place: { block: 0, done: 0 },
    spansPerS: 1_000,
    mayRead: () => true,
    counters,
    nowMs: () => clock.ms,
  })
  return { made, server, reader, counters, clock }
}

test('what is held for a reader that does not read is bounded, and it is cut off with a last event', async () => {
  const { made, server, reader, counters, clock } = await client()
  let block = 0
  // The system takes some megabytes for itself.
  await vi.waitFor(() => {
    clock.ms += 1_000
    made.take(found(++block, 1_000))
    expect(server.writableLength).toBeGreaterThan(tailBufferBytesMax)
  })
  // The system may have taken some more meanwhile.
  for (let at = 0; at < 20; at++) {
    clock.ms += 300
    made.take(found(++block, 1_000))
  }
  expect(server.writableLength).toBeLessThan(2 ** 20)
  const { tailSpans } = counters
  made.beat()
  expect(made.isEnded).toBe(false)
  clock.ms += stuckMs
  made.beat()
  expect([made.isEnded, counters.tailsCutOff]).toEqual([true, 1])
  // Where it reads again in time it is told why.
  const all = await text(reader)
  expect(all.slice(-100)).toContain('event: end\ndata: {"reason":"slow"}\n\n')
  expect(all.match(/^event: span$/gm)).toHaveLength(tailSpans)
})

test('a slow reader that reads is not cut off: it is told how many it missed', async () => {
  const { made, server, reader, counters, clock } = await client()
  let [block, all] = [0, '']
  await vi.waitFor(() => {
    clock.ms += 1_000
    made.take(found(++block, 1_000))
    expect(server.writableLength).toBeGreaterThan(tailBufferBytesMax)
  })
  made.take(found(++block, 1_000))
  reader.on('data', (chunk: Buffer) => (all += chunk.toString()))
  await vi.waitFor(() => {
    clock.ms += 1_000
    made.take(found(++block, 1))
    made.beat()
    expect(all.includes(`id: ${block - 1}\n`)).toBe(true)
  })
  clock.ms += 10 * stuckMs
  made.beat()
  expect(made.isEnded).toBe(false)
  const told = [...all.matchAll(/"spans":(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0)
  expect(told).toBe(counters.tailSpansSkipped)
})
