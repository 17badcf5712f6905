// What any store engine must do for those its spans are forwarded to: choose, follow, skip, set aside. Called as
// store-contract.ts is.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Cursor, LagLimit, Refusal, SpanChoice } from '../src/store/destination-store.ts'
import type { Retention } from '../src/store/retention.ts'
import type { Store } from '../src/store/store.ts'
import { headsOf } from './heads.ts'
import { batchOf, hexId, requestOf } from './sample.ts'
import type { SampleSpan } from './sample.ts'
import type { OpenStore } from './store-contract.ts'

const trace = hexId(1, 32)
const spanId = (number: number) => hexId(number, 16)
const everything: SpanChoice = { sources: undefined, services: undefined }
const beginning: Cursor = { blockId: 0, spansDone: 0 }
const anyLag: LagLimit = { spans: undefined, bytes: undefined, ageMs: undefined }

/** Span ids from the cursor on, at most `spansMax` taken of a block before it is asked again. */
async function followed(
  store: Store,
  from: Cursor,
  choice: SpanChoice,
  spansMax = Number.POSITIVE_INFINITY,
): Promise<{ ids: string[]; cursor: Cursor }> {
  const ids: string[] = []
  let cursor = from
  for (;;) {
    const found = await store.spansAfter(cursor, choice)
    if (found === undefined) return { ids, cursor }
    const heads = headsOf(found.body)
    expect(heads).toHaveLength(found.spanCount)
    expect(found.spansDone).toHaveLength(found.spanCount)
    const taken = Math.min(spansMax, found.spanCount)
    ids.push(...heads.slice(0, taken).map((head) => head.spanId))
    cursor =
      taken === found.spanCount
        ? { blockId: found.id, spansDone: 0 }
        : { blockId: found.beforeId, spansDone: found.spansDone[taken - 1] ?? 0 }
  }
}

export function storeDestinationContract(open: OpenStore, folder: () => string): void {
  const filled = async (
    batches: readonly SampleSpan[][],
    options?: { retention: Retention },
  ): Promise<Store> => {
    const store = open(folder(), options)
    await store.cursor('a')
    for (const spans of batches) await store.append(batchOf(spans))
    return store
  }
  const spansOf = (from: number, to: number, more: Partial<SampleSpan> = {}): SampleSpan[] =>
    Array.from({ length: to - from }, (_, index) => ({
      traceId: trace,
      spanId: spanId(from + index),
      ...more,
    }))
  const ids = (from: number, to: number) => spansOf(from, to).map((span) => span.spanId)

  const senders = fc.record({
    source: fc.constantFrom('beyla' as const, 'bpftrace' as const, 'otlp' as const),
    service: fc.constantFrom('shop', 'db', 'mail'),
  })
  const choices: fc.Arbitrary<SpanChoice> = fc.record({
    sources: fc.constantFrom(undefined, ['beyla' as const], ['beyla' as const, 'bpftrace' as const]),
    services: fc.constantFrom(undefined, ['shop'], ['db', 'mail'], ['none']),
  })

  test('a destination gets what it wants, each span once and in order, however blocks are merged meanwhile', async () => {
    const commits = fc.array(fc.array(senders, { minLength: 1, maxLength: 5 }), {
      minLength: 2,
      maxLength: 12,
    })
    const store = open(folder())
    let number = 0
    let destinations = 0
    await fc.assert(
      fc.asyncProperty(commits, choices, fc.nat(20), fc.nat(4), async (sent, choice, before, spansMax) => {
        const name = `destination ${++destinations}`
        let cursor = await store.cursor(name)
        const batches = sent.map((batch) =>
          batch.map((sender) => ({ traceId: trace, spanId: spanId(++number), ...sender })),
        )
        for (const spans of batches) await store.append(batchOf(spans))
        const wanted = batches
          .flat()
          .filter(({ source }) => choice.sources?.some((each) => each === source) ?? true)
          .filter(({ service }) => choice.services?.includes(service) ?? true)
          .map((span) => span.spanId)
        // Some spans one by one, then the upkeep comes between, then the rest in pieces.
        const first: string[] = []
        while (first.length < before) {
          const found = await store.spansAfter(cursor, choice)
          if (found === undefined) break
          if (found.spanCount > 0) first.push(headsOf(found.body)[0]?.spanId ?? '')
          cursor =
            found.spanCount > 1
              ? { blockId: found.beforeId, spansDone: found.spansDone[0] ?? 0 }
              : { blockId: found.id, spansDone: 0 }
        }
        await store.saveCursor(name, cursor)
        const behind = async () =>
          (await store.destinations({ [name]: choice })).find(({ destination }) => destination === name)
        expect(await behind()).toMatchObject({ spansBehind: wanted.length - first.length })
        await store.compact()
        expect(await behind()).toMatchObject({ spansBehind: wanted.length - first.length })
        const rest = await followed(store, cursor, choice, spansMax + 1)
        expect([...first, ...rest.ids]).toEqual(wanted)
        await store.saveCursor(name, rest.cursor)
        expect(await behind()).toMatchObject({ spansBehind: 0, bytesBehind: 0, oldestMs: undefined })
      }),
      { numRuns: 25 },
    )
    await store.close()
  })

  test('spans that are all wanted come byte for byte, also behind blocks of which nothing is', async () => {
    const wanted = spansOf(100, 120, { source: 'beyla', service: 'shop' })
    const store = await filled([
      ...Array.from({ length: 5 }, (_, at) => spansOf(at + 1, at + 2, { service: 'db' })),
      wanted,
    ])
    const found = await store.spansAfter(beginning, { sources: ['beyla'], services: ['shop'] })
    expect(found?.body).toEqual(requestOf(wanted))
    await store.close()
  })

  test('the source a span was stored with counts, not the one its scope claims', async () => {
    const store = open(folder())
    const claimed = batchOf(spansOf(1, 3, { source: 'beyla' }))
    await store.append({ ...claimed, groups: claimed.groups.map((group) => ({ ...group, source: 'http' })) })
    expect((await followed(store, beginning, { ...everything, sources: ['beyla'] })).ids).toEqual([])
    expect((await followed(store, beginning, { ...everything, sources: ['http'] })).ids).toEqual(ids(1, 3))
    await store.close()
  })

  test('beyond a limit of spans, bytes or age the oldest blocks are skipped, never below the limit, and counted', async () => {
    const batches = Array.from({ length: 10 }, (_, at) => spansOf(10 * at + 1, 10 * at + 11))
    const store = await filled(batches)
    const skip = (limit: Partial<LagLimit>, nowMs = Date.now()) =>
      store.skipOldest('a', everything, { ...anyLag, ...limit }, nowMs)
    expect(await skip({})).toBe(0)
    expect(await skip({ spans: 100 })).toBe(0)
    // In the middle of the first block: what is done of it is not skipped.
    await store.saveCursor('a', { blockId: 0, spansDone: 4 })
    expect(await skip({ spans: 85 })).toBe(6)
    expect(await skip({ spans: 85 })).toBe(0)
    expect(await store.destinations()).toMatchObject([{ spansBehind: 90, spansSkipped: 6 }])
    const [{ bytesBehind } = { bytesBehind: 0 }] = await store.destinations()
    expect(await skip({ bytes: Math.round(bytesBehind / 2) })).toBeGreaterThan(30)
    expect(await skip({ ageMs: 60_000 })).toBe(0)
    const [{ spansBehind } = { spansBehind: 0 }] = await store.destinations()
    expect(spansBehind).toBeGreaterThanOrEqual(40)
    expect(await skip({ ageMs: 60_000 }, Date.now() + 120_000)).toBe(spansBehind)
    const after = await store.destinations()
    expect(after).toMatchObject([{ spansBehind: 0, spansSkipped: 96 }])
    expect((await followed(store, after[0]?.cursor ?? beginning, everything)).ids).toEqual([])
    await store.close()
  })

  test('only spans that a destination wants count as its lag and as skipped', async () => {
    const store = await filled([
      spansOf(1, 11, { service: 'db' }),
      [...spansOf(11, 14, { service: 'shop' }), ...spansOf(14, 21, { service: 'db' })],
      spansOf(21, 23, { service: 'shop' }),
    ])
    const shop: SpanChoice = { ...everything, services: ['shop'] }
    expect(await store.destinations({ a: shop })).toMatchObject([{ spansBehind: 5 }])
    expect(await store.skipOldest('a', shop, { ...anyLag, spans: 2 }, Date.now())).toBe(3)
    const [state] = await store.destinations({ a: shop })
    expect(state).toMatchObject({ spansBehind: 2, spansSkipped: 3 })
    expect((await followed(store, state?.cursor ?? beginning, shop)).ids).toEqual(ids(21, 23))
    await store.close()
  })

  const refusal = (from: number, to: number, reason = 'bad'): Refusal => ({
    body: requestOf(spansOf(from, to)),
    spanCount: to - from,
    spansRefused: to - from,
    reason,
  })

  test('refused spans are set aside with the cursor, listed, sent again and dropped; counts survive a restart', async () => {
    const where = folder()
    const store = open(where)
    await store.cursor('a')
    await store.cursor('b')
    await store.saveCursor('a', beginning, { spansSent: 7, refused: [refusal(1, 3, 'odd'), refusal(3, 4)] })
    await store.saveCursor('a', beginning, { spansSent: 1, refused: [{ ...refusal(4, 9), spansRefused: 2 }] })
    await store.close()

    const again = open(where)
    const [a, b] = await again.destinations()
    expect(a).toMatchObject({ spansSent: 8, spansRefused: 5, setAside: { batches: 3, spans: 5 } })
    expect(b).toMatchObject({ spansSent: 0, setAside: { batches: 0, spans: 0, bytes: 0 } })
    const listed = await again.refusedBatches('a', 0, 2)
    expect(listed).toMatchObject([
      { ...refusal(1, 3, 'odd'), replay: false },
      { ...refusal(3, 4), replay: false },
    ])
    expect(Math.abs(Date.now() - (listed[0]?.refusedMs ?? 0))).toBeLessThan(60_000)
    expect(await again.refusedBatches('a', listed[1]?.id ?? 0, 2)).toMatchObject([
      { spanCount: 5, spansRefused: 2 },
    ])
    expect(await again.refusedBatches('b', 0, 2)).toEqual([])

    expect(await again.nextReplay('a')).toBeUndefined()
    expect(await again.markReplay('b', listed[0]?.id)).toBe(0)
    expect(await again.markReplay('a', listed[1]?.id)).toBe(1)
    expect(await again.markReplay('a', undefined)).toBe(2)
    expect(await again.nextReplay('b')).toBeUndefined()
    const next = await again.nextReplay('a')
    expect(next).toMatchObject({ ...refusal(1, 3, 'odd'), replay: true })
    await again.saveReplay('a', next?.id ?? 0, { spansSent: 1, refused: [refusal(2, 3, 'still odd')] })
    expect(await again.nextReplay('a')).toMatchObject(refusal(3, 4))
    expect((await again.refusedBatches('a', 0, 9)).map(({ reason }) => reason)).toEqual([
      'bad',
      'bad',
      'still odd',
    ])
    expect(await again.destinations()).toMatchObject([{ spansSent: 9, spansRefused: 5 }, {}])
    expect(await again.dropRefused('a', listed[1]?.id)).toBe(1)
    expect(await again.dropRefused('a', undefined)).toBe(2)
    // What a user dropped while it was under way does not come back.
    await again.saveReplay('a', listed[1]?.id ?? 0, { spansSent: 0, refused: [refusal(3, 4)] })
    expect(await again.refusedBatches('a', 0, 9)).toEqual([])
    await again.close()
  })

  test('refused spans beyond their bytes: the oldest are dropped and counted, of each destination by itself', async () => {
    const store = open(folder())
    await store.cursor('a')
    await store.cursor('b')
    await store.saveCursor('b', beginning, { spansSent: 0, refused: [refusal(1, 30)] })
    await store.saveCursor('a', beginning, { spansSent: 0, refused: [refusal(1, 30)] })
    const [{ setAside } = { setAside: { bytes: 0 } }] = await store.destinations()
    const room = Math.round(setAside.bytes * 2.5)
    for (const from of [30, 60, 90]) {
      await store.saveCursor('a', beginning, { spansSent: 0, refused: [refusal(from, from + 29)] }, room)
    }
    expect(await store.destinations()).toMatchObject([
      { spansRefused: 116, spansDropped: 58, setAside: { batches: 2, spans: 58 } },
      { spansRefused: 29, spansDropped: 0, setAside: { batches: 1 } },
    ])
    expect((await store.refusedBatches('a', 0, 9)).map(({ body }) => headsOf(body)[0]?.spanId)).toEqual([
      spanId(60),
      spanId(90),
    ])
    await store.close()
  })

  test('a destination that is forgotten leaves nothing, and begins anew when it is named again', async () => {
    const store = await filled([spansOf(1, 11)])
    await store.saveCursor('a', beginning, { spansSent: 3, refused: [refusal(1, 3)] })
    await store.forgetDestination('a')
    expect(await store.destinations()).toEqual([])
    expect(await store.refusedBatches('a', 0, 9)).toEqual([])
    const cursor = await store.cursor('a')
    expect((await followed(store, cursor, everything)).ids).toEqual([])
    expect(await store.destinations()).toMatchObject([{ spansSent: 0, spansBehind: 0 }])
    await store.close()
  })
}
