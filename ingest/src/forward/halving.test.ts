import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { headsOf } from '../../test/heads.ts'
import { hexId, requestOf } from '../../test/sample.ts'
import { deliverInHalves, halvingLimits } from './halving.ts'
import type { Piece, Settled } from './halving.ts'

const spanId = (number: number) => hexId(number + 1, 16)
const idsOf = (body: Buffer) => headsOf(body).map((head) => head.spanId)
const batchOf = (spans: number): Piece => ({
  body: requestOf(
    Array.from({ length: spans }, (_, index) => ({ traceId: hexId(1, 32), spanId: spanId(index) })),
  ),
  spanCount: spans,
})

/** Refuses what holds a bad span. */
function picky(bad: ReadonlySet<string>): {
  send: (piece: Piece) => Promise<Settled>
  taken: string[]
  requests: () => number
} {
  const taken: string[] = []
  let requests = 0
  const send = async ({ body, spanCount }: Piece): Promise<Settled> => {
    requests++
    const ids = idsOf(body)
    expect(ids).toHaveLength(spanCount)
    if (ids.some((id) => bad.has(id))) return { verdict: 'refused', reason: '400' }
    taken.push(...ids)
    return { verdict: 'taken', spansRejected: 0, message: '' }
  }
  return { send, taken, requests: () => requests }
}

test('whichever spans are bad, exactly those are set aside, and the others are sent once, in order', async () => {
  const cases = fc.integer({ min: 1, max: 60 }).chain((spans) =>
    fc.record({
      spans: fc.constant(spans),
      bad: fc.uniqueArray(fc.nat(spans - 1), { maxLength: 6 }),
    }),
  )
  await fc.assert(
    fc.asyncProperty(cases, async ({ spans, bad }) => {
      const to = picky(new Set(bad.map(spanId)))
      const outcome = await deliverInHalves(batchOf(spans), to.send, { ...halvingLimits, refusalsMax: 1_000 })
      const all = Array.from({ length: spans }, (_, index) => index)
      expect(to.taken).toEqual(all.filter((index) => !bad.includes(index)).map(spanId))
      expect(outcome?.spansSent).toBe(spans - bad.length)
      expect(outcome?.refused.flatMap(({ body }) => idsOf(body))).toEqual(
        bad.toSorted((a, b) => a - b).map(spanId),
      )
    }),
  )
})

test('one bad span among 8,000 is found within the requests allowed', async () => {
  const to = picky(new Set([spanId(4_321)]))
  const outcome = await deliverInHalves(batchOf(8_000), to.send)
  expect(outcome).toMatchObject({ spansSent: 7_999, refused: [{ spanCount: 1 }] })
  expect(to.requests()).toBeLessThanOrEqual(27)
})

test('where all are bad it stops after few requests, where many are after some more; no span is lost', async () => {
  const to = picky(new Set(Array.from({ length: 500 }, (_, index) => spanId(index))))
  const outcome = await deliverInHalves(batchOf(500), to.send)
  expect(to.requests()).toBe(20)
  expect(outcome?.spansSent).toBe(0)
  expect(outcome?.refused.flatMap(({ body }) => idsOf(body)).toSorted()).toEqual(
    Array.from({ length: 500 }, (_, index) => spanId(index)),
  )
  expect(outcome?.refused.every(({ reason }) => reason === '400')).toBe(true)
  const half = picky(new Set(Array.from({ length: 250 }, (_, index) => spanId(2 * index))))
  const rest = await deliverInHalves(batchOf(500), half.send)
  expect(half.requests()).toBeLessThan(64)
  expect(half.taken.length + (rest?.refused.flatMap(({ body }) => idsOf(body)).length ?? 0)).toBe(500)
})

test('a batch that is too large arrives whole, in however many pieces; a span that is so alone is set aside', async () => {
  const taken: string[] = []
  const send = async ({ body, spanCount }: Piece): Promise<Settled> => {
    const ids = idsOf(body)
    if (spanCount > 5 || ids.includes(spanId(77))) return { verdict: 'too_large', reason: '413' }
    taken.push(...ids)
    return { verdict: 'taken', spansRejected: 0, message: '' }
  }
  const outcome = await deliverInHalves(batchOf(1_000), send)
  expect(taken).toHaveLength(999)
  expect(outcome).toMatchObject({ spansSent: 999, refused: [{ spanCount: 1, reason: '413' }] })
})

test('a partial success sets the batch aside with how many were rejected, no more than it holds', async () => {
  const send = async (): Promise<Settled> => ({ verdict: 'taken', spansRejected: 3, message: 'odd' })
  expect(await deliverInHalves(batchOf(10), send)).toMatchObject({
    spansSent: 7,
    refused: [{ spanCount: 10, spansRefused: 3, reason: 'odd' }],
  })
  expect(await deliverInHalves(batchOf(2), send)).toMatchObject({
    spansSent: 0,
    refused: [{ spanCount: 2, spansRefused: 2 }],
  })
})

test('broken off, nothing is said of the batch', async () => {
  expect(await deliverInHalves(batchOf(4), async () => undefined)).toBeUndefined()
})
