// What any store engine must do in the course of time: merge, take away what is kept no longer, and leave those who
// follow it undisturbed. Called as store-contract.ts is.
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Retention, RetentionRule } from '../src/store/retention.ts'
import type { Store } from '../src/store/store.ts'
import { headsOf } from './heads.ts'
import { attribute, batchOf, hexId } from './sample.ts'
import type { OpenStore } from './store-contract.ts'

const trace = (number: number) => hexId(number, 32)
const spanId = (number: number) => hexId(number, 16)

export function storeUpkeepContract(open: OpenStore, folder: () => string): void {
  const fresh = () => open(folder())
  const smallBatches = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      batchOf([
        {
          traceId: trace(1 + (index % 7)),
          spanId: spanId(2 * index + 1),
          service: 'shop',
          start: BigInt(index),
        },
        { traceId: trace(100 + index), spanId: spanId(2 * index + 2), service: 'db', start: BigInt(index) },
      ]),
    )
  /** All that follows a block, laid end to end. */
  const followed = async (
    store: Store,
    from: number,
  ): Promise<{ bytes: Buffer; spans: number; last: number }> => {
    const bodies: Buffer[] = []
    let [spans, last] = [0, from]
    for (
      let block = await store.blockAfter(last);
      block !== undefined;
      block = await store.blockAfter(last)
    ) {
      bodies.push(block.body)
      spans += block.spanCount
      last = block.id
    }
    return { bytes: Buffer.concat(bodies), spans, last }
  }

  test('merged blocks answer as before, and destinations go on from any block without loss or repetition', async () => {
    const store = fresh()
    await store.cursor('behind')
    for (const batch of smallBatches(60)) await store.append(batch)
    const everything = { limit: 1000 }
    const before = await store.findTraces(everything)
    const traces = await Promise.all([trace(3), trace(130)].map((id) => store.readTrace(id)))
    const { last } = await followed(store, 0)
    const positions = Array.from({ length: last + 1 }, (_, id) => id)
    const after = await Promise.all(positions.map((from) => followed(store, from)))

    await store.compact()
    expect((await store.stats()).blocks).toBeLessThan(60)
    expect(await store.findTraces(everything)).toEqual(before)
    expect(await Promise.all([trace(3), trace(130)].map((id) => store.readTrace(id)))).toEqual(traces)
    for (const from of positions) {
      const now = await followed(store, from)
      expect(now.spans).toBe(after[from]?.spans)
      expect(headsOf(now.bytes)).toEqual(headsOf(after[from]?.bytes ?? Buffer.alloc(0)))
    }
    expect(await store.destinations()).toMatchObject([
      { destination: 'behind', spansBehind: 120, spansSkipped: 0 },
    ])

    // Once all destinations are done with them, nothing of the former blocks is told apart any more.
    await store.saveCursor('behind', { blockId: last, spansDone: 0 })
    for (const batch of smallBatches(60)) await store.append(batch)
    await store.compact()
    expect((await followed(store, last)).spans).toBe(120)
    expect(await store.destinations()).toMatchObject([{ spansBehind: 120, cursor: { blockId: last } }])
    await store.close()
  })

  const keeping = (rules: readonly RetentionRule[], bytes?: number): Retention => ({
    ageMs: undefined,
    bytes,
    rules,
  })

  test('a service whose spans are too old loses them, the others keep theirs, and destinations are told', async () => {
    const store = open(folder(), { retention: keeping([{ service: 'db', ageMs: 1 }, { ageMs: 3_600_000 }]) })
    await store.cursor('behind')
    for (const batch of smallBatches(20)) await store.append(batch)
    const storedMs = Date.now()
    await expect.poll(() => Date.now() - storedMs).toBeGreaterThan(2)
    expect((await store.compact()).blocksExpired).toBe(20)
    expect(await store.services()).toEqual([{ name: 'shop', sources: ['otlp'] }])
    expect(await store.readTrace(trace(101))).toBeUndefined()
    expect(await store.readTrace(trace(1))).toHaveLength(3)
    expect((await store.findTraces({ limit: 100 })).every(({ services }) => services.join() === 'shop')).toBe(
      true,
    )
    expect((await followed(store, 0)).spans).toBe(20)
    expect(await store.destinations()).toMatchObject([{ spansBehind: 20, spansSkipped: 20 }])
    expect(await store.stats()).toMatchObject({ spans: 20, services: [{ service: 'shop', spans: 20 }] })
    // A service that was gone and sends again is there again.
    await store.append(batchOf([{ traceId: trace(900), spanId: spanId(1), service: 'db' }]))
    expect((await store.services()).map(({ name }) => name)).toEqual(['db', 'shop'])
    expect(await store.findTraces({ service: 'db', limit: 5 })).toMatchObject([{ traceId: trace(900) }])
    await store.close()
  })

  test('a source beyond its bytes loses the oldest; what another source sent stays', async () => {
    const store = open(folder(), { retention: keeping([{ source: 'ebpf', bytes: 10_000 }]) })
    for (let number = 1; number <= 60; number++) {
      const source = number % 2 === 0 ? 'beyla' : 'otlp'
      const attributes = [attribute('text', randomBytes(600).toString('base64'))]
      const span = {
        traceId: trace(number),
        spanId: spanId(1),
        source,
        start: BigInt(number),
        attributes,
      } as const
      await store.append(batchOf([span]))
    }
    await store.compact()
    const left = async (source: 'beyla' | 'otlp') =>
      (await store.findTraces({ source, limit: 100 })).map(({ traceId }) => Number(`0x${traceId}`))
    expect(await left('otlp')).toHaveLength(30)
    const beyla = await left('beyla')
    expect(beyla.length).toBeGreaterThan(0)
    expect(beyla.length).toBeLessThan(30)
    expect(beyla).toEqual(beyla.map((_, index) => 60 - 2 * index))
    await store.close()
  })

  test('a block that a destination is in the middle of loses no spans until it is done with it', async () => {
    const store = open(folder(), { retention: keeping([{ ageMs: 1 }]) })
    await store.cursor('slow')
    for (const batch of smallBatches(2)) await store.append(batch)
    await store.saveCursor('slow', { blockId: 0, spansDone: 1 })
    const storedMs = Date.now()
    await expect.poll(() => Date.now() - storedMs).toBeGreaterThan(2)
    await store.compact()
    expect(await store.blockAfter(0)).toMatchObject({ id: 1, spanCount: 2 })
    expect(await store.destinations()).toMatchObject([{ spansBehind: 1, spansSkipped: 2 }])
    await store.saveCursor('slow', { blockId: 1, spansDone: 0 })
    await store.compact()
    expect(await store.blockAfter(0)).toBeUndefined()
    expect(await store.destinations()).toMatchObject([{ spansBehind: 0, spansSkipped: 2 }])
    await store.close()
  })

  test('what is in the store is told by service and source', async () => {
    const store = fresh()
    await store.append(
      batchOf([
        { traceId: trace(1), spanId: spanId(1), service: 'shop', source: 'beyla', start: 5n },
        { traceId: trace(1), spanId: spanId(2), service: 'db', start: 9n },
      ]),
    )
    expect(await store.stats()).toMatchObject({
      spans: 2,
      blocks: 1,
      oldestUnixNano: 5n,
      newestUnixNano: 9n,
      services: [
        { service: 'db', source: 'otlp', spans: 1 },
        { service: 'shop', source: 'beyla', spans: 1 },
      ],
    })
    await store.close()
  })
}
