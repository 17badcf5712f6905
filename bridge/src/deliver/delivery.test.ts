// What would break: spans that leave in another order, twice or not at all, or memory without bound while the receiver
// is away. The transport here only decides when an attempt ends; the real ones are in test/delivery.test.ts.
import { expect, test } from 'vitest'
import { away, refused, SteeredTransport, spanNamed, taken } from '../../test/steered-transport.ts'
import { Delivery, type DeliveryCounts, type DeliveryOptions } from './delivery.ts'
import type { Outcome } from './transport.ts'

const untouched: DeliveryCounts = {
  recovered: 0,
  exported: 0,
  refused: 0,
  partlyRejected: 0,
  droppedQueueFull: 0,
  droppedSpoolFull: 0,
  droppedDamaged: 0,
  droppedOversized: 0,
  droppedAtEnd: 0,
  exportErrors: 0,
  tornRecords: 0,
}
const batchesOf = (spansMax: number): DeliveryOptions['batches'] => ({
  spansMax,
  delayMs: 5,
  quietDelayMs: 5,
  bytesMax: 4096,
})
const bytesMax = 1_000_000

function setUp(options: Partial<DeliveryOptions> = {}) {
  const transport = new SteeredTransport()
  const outcomes: Outcome[] = []
  const events = {
    onOutcome: (outcome: Outcome) => void outcomes.push(outcome),
    onSpoolError: () => undefined,
  }
  const retry = { firstMs: 5, maxMs: 10 }
  const delivery = new Delivery(transport, events, { batches: batchesOf(2), retry, ...options })
  const push = (...names: string[]): void => names.forEach((name) => delivery.push(spanNamed(name)))
  const attempted = (): string[][] => transport.attempts.map((each) => each.names)
  return { transport, outcomes, delivery, push, attempted }
}

test('a full batch leaves at once, a part of one after the delay, all in order', async () => {
  const { transport, delivery, push, attempted } = setUp()
  transport.answer = () => taken
  push('a', 'b', 'c')
  expect(attempted()).toEqual([['a', 'b']])
  await expect.poll(attempted).toEqual([['a', 'b'], ['c']])
  await expect.poll(() => delivery.counts).toEqual({ ...untouched, exported: 3 })
})

test('one attempt at a time; what failed for now goes first again', async () => {
  const { transport, outcomes, delivery, push, attempted } = setUp()
  push('a', 'b', 'c')
  expect(attempted()).toHaveLength(1)
  transport.attempts[0]?.end(away)
  await expect.poll(attempted).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ])
  transport.attempts[1]?.end(taken)
  await expect.poll(() => attempted()[2]).toEqual(['c'])
  transport.attempts[2]?.end(taken)
  await delivery.close(1000)
  expect(outcomes).toEqual([away, taken, taken])
  expect(delivery.counts).toEqual({ ...untouched, exported: 3, exportErrors: 1 })
  expect(transport.isClosed).toBe(true)
})

test('what is refused for good is counted, and the next batch is sent', async () => {
  const { transport, delivery, push } = setUp()
  transport.answer = (names) => (names.includes('a') ? refused : taken)
  push('a', 'b', 'c', 'd')
  await delivery.close(1000)
  expect(delivery.counts).toEqual({ ...untouched, exported: 2, refused: 2, exportErrors: 1 })
})

test('what a receiver rejects of a request that it takes counts as rejected, not as exported', async () => {
  const { transport, delivery, push } = setUp({ batches: batchesOf(3) })
  transport.answer = () => ({ kind: 'taken', rejectedSpans: 2, remark: 'too old' })
  push('a', 'b', 'c')
  await delivery.close(1000)
  expect(delivery.counts).toEqual({ ...untouched, exported: 1, partlyRejected: 2 })
})

test('no request before the time that the receiver asked for', async () => {
  const { transport, push, attempted } = setUp()
  transport.answer = () => (attempted().length === 1 ? { ...away, retryAfterMs: 300 } : taken)
  push('a', 'b')
  const startedMs = performance.now()
  await expect.poll(() => attempted().length, { timeout: 5000 }).toBe(2)
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(299)
})

test('while the receiver is away the queue is bounded in spans; the oldest go, counted', async () => {
  const { transport, delivery, push, attempted } = setUp({ queue: { spansMax: 4, bytesMax } })
  for (let index = 0; index < 20; index += 1) push(`s${index}`)
  // Two more are under way.
  expect(delivery.pending).toBeLessThanOrEqual(6)
  transport.answer = () => taken
  transport.attempts[0]?.end(away)
  await delivery.close(1000)
  const { exported, droppedQueueFull } = delivery.counts
  expect(exported + droppedQueueFull).toBe(20)
  expect(droppedQueueFull).toBeGreaterThanOrEqual(14)
  expect(attempted().at(-1)).toContain('s19')
})

test('and in bytes', async () => {
  const { delivery, push } = setUp({ queue: { spansMax: 1000, bytesMax: 1000 } })
  for (let index = 0; index < 100; index += 1) push(`s${index}`)
  expect(delivery.state.queuedBytes).toBeLessThan(1300)
  expect(delivery.counts.droppedQueueFull + delivery.pending).toBe(100)
  await delivery.close(0)
  expect(delivery.counts.droppedQueueFull + delivery.counts.droppedAtEnd).toBe(100)
})

test('a batch is split where it is too large for one request; a span that is too large by itself is dropped', async () => {
  const { transport, delivery, push, attempted } = setUp({ batches: batchesOf(100) })
  transport.answer = () => taken
  const names = Array.from({ length: 9 }, (_, index) => `${index}`.repeat(1000))
  push(...names.slice(0, 5), 'x'.repeat(5000), ...names.slice(5))
  await delivery.close(1000)
  expect(attempted().flat()).toEqual(names)
  expect(attempted().map((each) => each.length)).toEqual([3, 2, 3, 1])
  expect(delivery.counts).toEqual({ ...untouched, exported: 9, droppedOversized: 1 })
})

test('closing does not sit out a long wait before the next attempt', async () => {
  const { transport, delivery, push, attempted } = setUp({ retry: { firstMs: 5, maxMs: 60_000 } })
  transport.answer = () => (attempted().length < 14 ? away : taken)
  push('a', 'b')
  // By then the next attempt is minutes away at most, seconds at least.
  await expect.poll(() => attempted().length, { timeout: 9000 }).toBeGreaterThanOrEqual(9)
  const startedMs = performance.now()
  await delivery.close(5000)
  expect(performance.now() - startedMs).toBeLessThan(1000)
  expect(delivery.counts).toMatchObject({ exported: 2, droppedAtEnd: 0 })
})

test('closing is bounded; the attempt under way counts as dropped, and only once', async () => {
  const { transport, delivery, push } = setUp()
  push('a', 'b', 'c')
  await delivery.close(20)
  expect(delivery.counts).toEqual({ ...untouched, droppedAtEnd: 3 })
  transport.attempts[0]?.end(taken)
  await new Promise(setImmediate)
  expect(delivery.counts).toEqual({ ...untouched, droppedAtEnd: 3 })
  push('d')
  await expect.poll(() => delivery.counts.droppedAtEnd).toBe(4)
})

test('closing with nothing to send is immediate', async () => {
  const { delivery } = setUp()
  await delivery.close(60_000)
  expect(delivery.counts).toEqual(untouched)
})

test('the state says since when and why nothing is delivered, and when something last was', async () => {
  const { transport, delivery, push, attempted } = setUp()
  expect(delivery.state).toEqual({
    queuedSpans: 0,
    queuedBytes: 0,
    spooledSpans: 0,
    spooledBytes: 0,
    hasSpool: false,
  })
  transport.answer = () => (attempted().length < 3 ? { ...away, retryAfterMs: 500 } : taken)
  push('a', 'b')
  await expect.poll(() => delivery.state.trouble).toMatchObject({ kind: 'away', attempts: 2 })
  transport.answer = () => taken
  await expect.poll(() => delivery.state.lastDeliveryMs).toBeGreaterThan(Date.now() - 5000)
  expect(delivery.state.trouble).toBeUndefined()
})
