// What any store engine must do. An engine's test calls this with a way to open a store over a fresh folder, and to
// open the same one again.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Retention } from '../src/store/retention.ts'
import type { Batch, Store, TraceFilter } from '../src/store/store.ts'
import { sourcesOf } from '../src/store/store.ts'
import { statusCode } from '../src/wire.ts'
import type { SourceFilter, TraceSource } from '../src/wire.ts'
import { attribute, batchOf, halves, hexId, requestOf } from './sample.ts'
import type { SampleSpan } from './sample.ts'

export type OpenOptions = { queueBytesMax?: number; retention?: Retention }
export type OpenStore = (folder: string, options?: OpenOptions) => Store

const trace = (number: number) => hexId(number, 32)
const spanId = (number: number) => hexId(number, 16)

export function storeContract(open: OpenStore, folder: () => string): void {
  const fresh = () => open(folder())
  /** One commit each: an append is waited for before the next. */
  const filled = async (batches: readonly Batch[]): Promise<Store> => {
    const store = fresh()
    for (const batch of batches) await store.append(batch)
    return store
  }

  test('spans come back whole, under the source and service they came with', async () => {
    const store = await filled([
      batchOf([
        {
          traceId: trace(1),
          spanId: spanId(1),
          name: 'checkout',
          start: 1_700_000_000_000_000_001n,
          duration: 7n,
          service: 'shop',
          source: 'bpftrace',
          status: 2,
          attributes: [attribute('id', 'a1')],
        },
      ]),
    ])
    const answer = await store.traceAnswer(trace(1))
    expect(JSON.parse(String(answer))).toEqual({ traceId: trace(1), spans: await store.readTrace(trace(1)) })
    expect(await store.traceAnswer(trace(2))).toBeUndefined()
    expect(await store.readTrace(trace(1))).toEqual([
      {
        traceId: trace(1),
        spanId: spanId(1),
        name: 'checkout',
        kind: 'SERVER',
        startUnixNano: '1700000000000000001',
        durationNano: '7',
        status: { code: 'ERROR' },
        source: 'bpftrace',
        service: 'shop',
        attributes: [attribute('id', 'a1')],
        events: [],
        links: [],
        resource: { attributes: [attribute('service.name', 'shop')] },
        scope: { name: 'probespan-bridge', version: '' },
      },
    ])
    await store.close()
  })

  test('an unknown trace is undefined, also when its id ends like a known one', async () => {
    const store = await filled([batchOf([{ traceId: `a${trace(1).slice(1)}`, spanId: spanId(1) }])])
    expect(await store.readTrace(trace(1))).toBeUndefined()
    expect(await store.readTrace(trace(2))).toBeUndefined()
    await store.close()
  })

  test('traces whose ids end alike are kept apart', async () => {
    const [one, two] = [`a${trace(1).slice(1)}`, `b${trace(1).slice(1)}`]
    const store = await filled([
      batchOf([
        { traceId: one, spanId: spanId(1), name: 'one' },
        { traceId: two, spanId: spanId(1), name: 'two' },
      ]),
    ])
    expect((await store.readTrace(one))?.map((span) => span.name)).toEqual(['one'])
    const found = await store.findTraces({ limit: 10 })
    expect(found.map(({ rootName, spanCount }) => [rootName, spanCount])).toEqual([
      ['one', 1],
      ['two', 1],
    ])
    await store.close()
  })

  test('a trace that came in several commits is whole, parents before children', async () => {
    const child = { traceId: trace(1), spanId: spanId(2), parentSpanId: spanId(9), start: 50n, duration: 9n }
    const parent = { traceId: trace(1), spanId: spanId(9), start: 50n, duration: 100n, name: 'parent' }
    const late = { traceId: trace(1), spanId: spanId(3), parentSpanId: spanId(9), start: 120n, duration: 80n }
    const store = await filled([batchOf([child]), batchOf([late]), batchOf([parent])])
    expect((await store.readTrace(trace(1)))?.map((span) => span.spanId)).toEqual([
      spanId(9),
      spanId(2),
      spanId(3),
    ])
    expect(await store.findTraces({ limit: 10 })).toMatchObject([
      { rootName: 'parent', rootSeen: true, spanCount: 3, startUnixNano: '50', durationNano: '150' },
    ])
    await store.close()
  })

  test('what an exporter sent twice is shown and counted once', async () => {
    const retried = batchOf([{ traceId: trace(1), spanId: spanId(1), status: 2 }])
    const store = fresh()
    // Two in one commit, one in a later one.
    await Promise.all([store.append(retried), store.append(retried)])
    await store.append(retried)
    expect(await store.readTrace(trace(1))).toHaveLength(1)
    expect(await store.findTraces({ limit: 10 })).toMatchObject([{ spanCount: 1, errorCount: 1 }])
    await store.close()
  })

  test('a span whose clock went backwards is kept as sent', async () => {
    const store = await filled([
      batchOf([{ traceId: trace(1), spanId: spanId(1), start: 100n, duration: -40n }]),
    ])
    expect(await store.readTrace(trace(1))).toMatchObject([{ startUnixNano: '100', durationNano: '-40' }])
    expect(await store.findTraces({ limit: 1 })).toMatchObject([{ durationNano: '-40' }])
    await store.close()
  })

  test('a request of 20,000 spans is whole, in the list and when read', async () => {
    const spans = Array.from({ length: 20_000 }, (_, index) => ({
      traceId: trace(1 + (index % 2)),
      spanId: spanId(index + 1),
      start: BigInt(1_000 + index),
    }))
    const store = await filled([batchOf(spans)])
    const read = await store.readTrace(trace(2))
    expect(read?.map((span) => span.startUnixNano)).toEqual(
      spans.filter(({ traceId }) => traceId === trace(2)).map(({ start }) => String(start)),
    )
    expect((await store.findTraces({ limit: 5 })).map(({ spanCount }) => spanCount)).toEqual([10_000, 10_000])
    await store.close()
  })

  test('services are listed by name with their sources', async () => {
    const store = await filled([
      batchOf([{ traceId: trace(1), spanId: spanId(1), service: 'shop', source: 'otlp' }]),
      batchOf([{ traceId: trace(1), spanId: spanId(2), service: 'shop', source: 'beyla' }]),
      batchOf([{ traceId: trace(1), spanId: spanId(3), service: 'db', source: 'bpftrace' }]),
    ])
    expect(await store.services()).toEqual([
      { name: 'db', sources: ['bpftrace'] },
      { name: 'shop', sources: ['beyla', 'otlp'] },
    ])
    await store.close()
  })

  test('one span has to fit the whole filter', async () => {
    const store = await filled([
      batchOf([
        { traceId: trace(1), spanId: spanId(1), service: 'shop', source: 'beyla', start: 10n },
        { traceId: trace(1), spanId: spanId(2), service: 'db', source: 'otlp', start: 20n },
      ]),
    ])
    const count = async (filter: Partial<TraceFilter>) =>
      (await store.findTraces({ limit: 10, ...filter })).length
    expect(await count({ service: 'shop', source: 'beyla' })).toBe(1)
    expect(await count({ service: 'shop', source: 'otlp' })).toBe(0)
    expect(await count({ service: 'shop', start: 11n })).toBe(0)
    expect(await count({ start: 20n, end: 21n })).toBe(1)
    expect(await count({ start: 11n, end: 20n })).toBe(0)
    await store.close()
  })

  test('an attribute is found as it is written, on the span or its resource, whatever its type', async () => {
    const typed = [
      { key: 'text', value: { stringValue: 'a=b' } },
      { key: 'code', value: { intValue: halves(200n) } },
      { key: 'below', value: { intValue: halves(-7n) } },
      { key: 'hit', value: { boolValue: true } },
      { key: 'ratio', value: { doubleValue: 0.5 } },
      { key: 'long', value: { stringValue: `${'x'.repeat(200)}1` } },
      { key: 'empty', value: { stringValue: '' } },
      { key: 'list', value: { arrayValue: { values: [{ stringValue: 'in' }] } } },
    ]
    const store = await filled([
      batchOf([{ traceId: trace(1), spanId: spanId(1), service: 'shop', attributes: typed }]),
      batchOf([{ traceId: trace(2), spanId: spanId(1), attributes: [attribute('code', '200')] }]),
    ])
    const found = async (key: string, value: string) =>
      (await store.findTraces({ limit: 5, attributes: [{ key, value }] }))
        .map(({ traceId }) => traceId)
        .sort()
    expect(await found('text', 'a=b')).toEqual([trace(1)])
    expect(await found('code', '200')).toEqual([trace(1), trace(2)])
    expect(await found('code', '201')).toEqual([])
    expect(await found('below', '-7')).toEqual([trace(1)])
    expect(await found('hit', 'true')).toEqual([trace(1)])
    expect(await found('ratio', '0.5')).toEqual([trace(1)])
    expect(await found('long', `${'x'.repeat(200)}1`)).toEqual([trace(1)])
    expect(await found('long', `${'x'.repeat(200)}2`)).toEqual([])
    expect(await found('empty', '')).toEqual([trace(1)])
    expect(await found('list', 'in')).toEqual([trace(1)])
    expect(await found('list', 'out')).toEqual([])
    expect(await found('service.name', 'shop')).toEqual([trace(1), trace(2)])
    await store.close()
  })

  test('any spans in any commits, any filter: the same traces as a plain evaluation finds', async () => {
    await fc.assert(
      fc.asyncProperty(commits, fc.array(filters, { minLength: 5, maxLength: 5 }), async (batches, asked) => {
        const store = await filled(batches.map((batch) => batchOf(batch)))
        try {
          for (const filter of asked) {
            const found = await store.findTraces(filter)
            expect(found.map(({ traceId, spanCount }) => [traceId, spanCount])).toEqual(
              plainFind(batches.flat(), filter),
            )
          }
        } finally {
          await store.close()
        }
      }),
      { numRuns: 15 },
    )
  })

  test('blocks hold the bytes that were appended, in order, each once', async () => {
    const requests = [1, 2, 3].map((number) => [{ traceId: trace(number), spanId: spanId(number) }])
    const store = await filled(requests.map((spans) => batchOf(spans)))
    const bodies: Buffer[] = []
    for (
      let block = await store.blockAfter(0);
      block !== undefined;
      block = await store.blockAfter(block.id)
    ) {
      bodies.push(block.body)
    }
    expect(Buffer.concat(bodies)).toEqual(Buffer.concat(requests.map((spans) => requestOf(spans))))
    await store.close()
  })

  test('data and cursors are there after closing and opening again', async () => {
    const where = folder()
    const store = open(where)
    expect(await store.cursor('a')).toEqual({ blockId: 0, spansDone: 0 })
    await store.append(batchOf([{ traceId: trace(1), spanId: spanId(1) }]))
    await store.saveCursor('a', { blockId: 1, spansDone: 7 })
    await store.close()
    const again = open(where)
    expect(await again.readTrace(trace(1))).toHaveLength(1)
    expect(await again.cursor('a')).toEqual({ blockId: 1, spansDone: 7 })
    await again.close()
  })

  test('a new destination begins with what is stored from then on', async () => {
    const store = await filled([batchOf([{ traceId: trace(1), spanId: spanId(1) }])])
    const { blockId } = await store.cursor('new')
    expect(await store.blockAfter(blockId)).toBeUndefined()
    await store.append(batchOf([{ traceId: trace(2), spanId: spanId(1) }]))
    expect(await store.blockAfter(blockId)).toMatchObject({ spanCount: 1 })
    await store.close()
  })

  test('beyond the bound of the queue a batch is refused, and what was taken before is kept', async () => {
    const store = open(folder(), { queueBytesMax: 100 })
    const first = store.append(batchOf([{ traceId: trace(1), spanId: spanId(1) }]))
    await expect(store.append(batchOf([{ traceId: trace(2), spanId: spanId(2) }]))).rejects.toMatchObject({
      code: 'store_busy',
      message: expect.stringContaining('100'),
    })
    await first
    await store.append(batchOf([{ traceId: trace(3), spanId: spanId(3) }]))
    expect((await store.findTraces({ limit: 5 })).map(({ traceId }) => traceId)).toEqual([trace(1), trace(3)])
    await store.close()
  })

  test('closing writes what still waits', async () => {
    const where = folder()
    const store = open(where)
    const waiting = store.append(batchOf([{ traceId: trace(1), spanId: spanId(1) }]))
    await store.close()
    await waiting
    const again = open(where)
    expect(await again.readTrace(trace(1))).toHaveLength(1)
    await again.close()
  })
}

const sampleSpans: fc.Arbitrary<SampleSpan> = fc.record({
  traceId: fc.integer({ min: 1, max: 12 }).map(trace),
  spanId: fc.integer({ min: 1, max: 40 }).map(spanId),
  // Later than the shortest duration is long: an end before 1970 is rejected.
  start: fc.bigInt(4n, 60n),
  service: fc.constantFrom('shop', 'db', 'mail'),
  source: fc.constantFrom<TraceSource>('beyla', 'bpftrace', 'otlp'),
  name: fc.constantFrom('GET /', 'query', 'fork'),
  status: fc.constantFrom(0, 1, 2),
  duration: fc.bigInt(-3n, 9n),
  tags: fc.record({ 'http.route': fc.constantFrom('/', '/cart'), customer: fc.nat(5).map(String) }),
})
const commits = fc
  .array(fc.array(sampleSpans, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 8 })
  .map(
    // A span id stands for one span: its copies are equal, as a retry's are.
    (batches) => {
      const first = new Map<string, SampleSpan>()
      const sameAsFirst = (span: SampleSpan): SampleSpan => {
        const key = `${span.traceId} ${span.spanId}`
        const known = first.get(key) ?? span
        first.set(key, known)
        return known
      }
      return batches.map((batch) => batch.map(sameAsFirst))
    },
  )
/** Most filters ask for little: else hardly any trace would be found. */
const sometimes = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: 4 }, { arbitrary: value, weight: 1 })
const filters: fc.Arbitrary<TraceFilter> = fc.record({
  start: fc.option(fc.bigInt(0n, 60n), { nil: undefined }),
  end: fc.option(fc.bigInt(0n, 61n), { nil: undefined }),
  service: fc.option(fc.constantFrom('shop', 'db', 'none'), { nil: undefined }),
  source: fc.option(fc.constantFrom<SourceFilter>('beyla', 'otlp', 'ebpf', 'http'), { nil: undefined }),
  name: sometimes(fc.constantFrom('GET /', 'query', 'none')),
  status: sometimes(fc.constantFrom(...statusCode.options)),
  durationMin: sometimes(fc.bigInt(-4n, 9n)),
  durationMax: sometimes(fc.bigInt(-4n, 9n)),
  attributes: sometimes(
    fc.array(
      fc.record({
        key: fc.constantFrom('http.route', 'customer'),
        value: fc.constantFrom('/', '/cart', '1', '2', 'none'),
      }),
      { maxLength: 2 },
    ),
  ),
  limit: fc.integer({ min: 1, max: 13 }),
})

function plainFind(spans: readonly SampleSpan[], filter: TraceFilter): [string, number][] {
  const { start = 0n, end = 1_000n, service, source, limit } = filter
  const { status, durationMin, durationMax, name, attributes } = filter
  const wanted = source === undefined ? undefined : sourcesOf(source)
  const traces = Map.groupBy(spans, (span) => span.traceId)
  return [...traces]
    .filter(([, of]) =>
      of.some(
        (span) =>
          (span.start ?? 0n) >= start &&
          (span.start ?? 0n) < end &&
          (service === undefined || span.service === service) &&
          (status === undefined || statusCode.options[span.status ?? 0] === status) &&
          (durationMin === undefined || (span.duration ?? 0n) >= durationMin) &&
          (durationMax === undefined || (span.duration ?? 0n) <= durationMax) &&
          (name === undefined || span.name === name) &&
          (attributes ?? []).every(({ key, value }) => span.tags?.[key] === value) &&
          (wanted === undefined || wanted.includes(span.source ?? 'otlp')),
      ),
    )
    .map(([traceId, of]) => ({
      traceId,
      start: of.map((span) => Number(span.start)).reduce((a, b) => Math.min(a, b)),
      count: new Set(of.map((span) => span.spanId)).size,
    }))
    .sort((a, b) => b.start - a.start || (a.traceId < b.traceId ? -1 : 1))
    .slice(0, limit)
    .map(({ traceId, count }) => [traceId, count])
}
