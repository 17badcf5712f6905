// What would break: spans that leave in another order, twice or not at all, or memory without bound while the receiver
// is away. The exporter here only decides when an attempt ends; the real one is in test/bridge.test.ts.
import { ExportResultCode, type ExportResult } from '@opentelemetry/core'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'
import { expect, test } from 'vitest'
import { probeEvent, spanDefinition } from '../../test/probe-events.ts'
import { readableSpan } from '../span/readable-span.ts'
import { Delivery, type DeliveryOptions } from './delivery.ts'

type Attempt = { names: string[]; end(error?: Error): void }

class SteeredExporter implements SpanExporter {
  readonly attempts: Attempt[] = []
  /** What ends each attempt at once; undefined: the test ends it. */
  answer: ((names: string[]) => Error | 'taken') | undefined

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    const names = spans.map((span) => span.name)
    const end = (error?: Error): void =>
      done(error ? { code: ExportResultCode.FAILED, error } : { code: ExportResultCode.SUCCESS })
    this.attempts.push({ names, end })
    const answer = this.answer?.(names)
    if (answer !== undefined) end(answer === 'taken' ? undefined : answer)
  }

  async shutdown(): Promise<void> {}
}

const resource = resourceFromAttributes({})
const context = { traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 }
function span(name: string): ReadableSpan {
  const definition = spanDefinition({ id: name })
  const start = probeEvent({ span: definition })
  return readableSpan({ definition, start, end: start, context, parent: undefined }, resource)
}

function setUp(options: Partial<DeliveryOptions> = {}) {
  const exporter = new SteeredExporter()
  const errors: [message: string, permanent: boolean][] = []
  const onError = (error: Error, permanent: boolean): void => void errors.push([error.message, permanent])
  const delivery = new Delivery(exporter, {
    batchSpansMax: 2,
    batchDelayMs: 5,
    retryDelayMaxMs: 10,
    onError,
    ...options,
  })
  return { exporter, errors, delivery }
}
const refusal = (code: number): Error => Object.assign(new Error(`status ${code}`), { code })
const away = new Error('connect ECONNREFUSED')

test('a full batch leaves at once, a part of one after the delay, all in order', async () => {
  const { exporter, delivery } = setUp()
  exporter.answer = () => 'taken'
  for (const name of ['a', 'b', 'c']) delivery.push(span(name))
  expect(exporter.attempts.map((each) => each.names)).toEqual([['a', 'b']])
  await expect.poll(() => exporter.attempts.map((each) => each.names)).toEqual([['a', 'b'], ['c']])
  expect(delivery.counts).toMatchObject({ exported: 3, dropped: 0 })
})

test('one attempt at a time; what failed for now goes first again', async () => {
  const { exporter, errors, delivery } = setUp()
  for (const name of ['a', 'b', 'c']) delivery.push(span(name))
  expect(exporter.attempts).toHaveLength(1)
  exporter.attempts[0]?.end(away)
  await expect.poll(() => exporter.attempts.length).toBe(2)
  expect(exporter.attempts[1]?.names).toEqual(['a', 'b'])
  exporter.attempts[1]?.end()
  await expect.poll(() => exporter.attempts.length).toBe(3)
  expect(exporter.attempts[2]?.names).toEqual(['c'])
  expect(errors).toEqual([['connect ECONNREFUSED', false]])
  exporter.attempts[2]?.end()
  await delivery.close(1000)
  expect(delivery.counts).toEqual({ exported: 3, rejected: 0, dropped: 0, exportErrors: 1 })
})

test.each([400, 401, 403, 404, 413, 500])(
  'status %i is final: the batch is dropped, the next one is sent',
  async (code) => {
    const { exporter, errors, delivery } = setUp()
    exporter.answer = (names) => (names.includes('a') ? refusal(code) : 'taken')
    for (const name of ['a', 'b', 'c', 'd']) delivery.push(span(name))
    await delivery.close(1000)
    expect(delivery.counts).toEqual({ exported: 2, rejected: 2, dropped: 0, exportErrors: 1 })
    expect(errors).toEqual([[`status ${code}`, true]])
  },
)

test.each([429, 502, 503, 504])('status %i may pass: tried again', async (code) => {
  const { exporter, delivery } = setUp()
  exporter.answer = () => (exporter.attempts.length < 3 ? refusal(code) : 'taken')
  for (const name of ['a', 'b']) delivery.push(span(name))
  await expect.poll(() => delivery.counts).toEqual({ exported: 2, rejected: 0, dropped: 0, exportErrors: 2 })
})

test('while the receiver is away the queue is bounded; the oldest go, counted', async () => {
  const { exporter, delivery } = setUp({ queueSpansMax: 4 })
  for (let index = 0; index < 20; index += 1) delivery.push(span(`s${index}`))
  expect(delivery.queued).toBeLessThanOrEqual(4)
  exporter.answer = () => 'taken'
  exporter.attempts[0]?.end(away)
  await delivery.close(1000)
  const { exported, dropped } = delivery.counts
  expect(exported + dropped).toBe(20)
  expect(exporter.attempts.at(-1)?.names).toContain('s19')
})

test('closing does not sit out a long wait before the next attempt', async () => {
  const { exporter, delivery } = setUp({ retryDelayMaxMs: 60_000 })
  exporter.answer = () => (exporter.attempts.length < 6 ? away : 'taken')
  for (const name of ['a', 'b']) delivery.push(span(name))
  await expect.poll(() => exporter.attempts.length, { timeout: 5000 }).toBe(3)
  const startedMs = performance.now()
  await delivery.close(5000)
  expect(performance.now() - startedMs).toBeLessThan(2000)
  expect(delivery.counts).toMatchObject({ exported: 2, dropped: 0 })
})

test('closing is bounded; the attempt under way counts as dropped, and only once', async () => {
  const { exporter, delivery } = setUp()
  for (const name of ['a', 'b', 'c']) delivery.push(span(name))
  await delivery.close(20)
  expect(delivery.counts).toEqual({ exported: 0, rejected: 0, dropped: 3, exportErrors: 0 })
  exporter.attempts[0]?.end()
  await new Promise(setImmediate)
  expect(delivery.counts).toMatchObject({ exported: 0, dropped: 3 })
})

test('closing with nothing to send is immediate', async () => {
  const { delivery } = setUp()
  await delivery.close(60_000)
  expect(delivery.counts).toEqual({ exported: 0, rejected: 0, dropped: 0, exportErrors: 0 })
})
