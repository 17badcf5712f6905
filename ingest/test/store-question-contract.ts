// What any store engine must answer to the questions of store/questions.ts: found and counted as a plain look at all
// spans finds and counts, in whatever commits they came, merged or not. Called as store-contract.ts is.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Budget, RedKey, SearchPlace } from '../src/store/questions.ts'
import type { Store } from '../src/store/store.ts'
import { parseQuery } from '../src/traceql/parse.ts'
import type { Pipeline, Query } from '../src/traceql/ast.ts'
import { batchOf, hexId } from './sample.ts'
import type { SampleSpan } from './sample.ts'
import { commits, plainFind, searchCases } from './plain-search.ts'
import type { OpenStore } from './store-contract.ts'

const trace = (number: number) => hexId(number, 32)
const spanId = (number: number) => hexId(number, 16)
export const ample: Budget = { ms: 60_000, spans: 10_000_000 }

export function pipelineOf(text: string): Pipeline {
  const { query } = parseQuery(text)
  if (query === undefined) throw new Error(`no query: ${text}`)
  return query.pipeline
}

export function storeQuestionContract(open: OpenStore, folder: () => string): void {
  const filled = async (batches: readonly (readonly SampleSpan[])[]): Promise<Store> => {
    const store = open(folder())
    for (const batch of batches) await store.append(batchOf(batch))
    return store
  }

  test('any spans in any commits, any query, order and page size: the traces that a plain look finds', async () => {
    await fc.assert(
      fc.asyncProperty(
        commits,
        fc.array(searchCases, { minLength: 15, maxLength: 15 }),
        fc.boolean(),
        async (batches, cases, merged) => {
          const store = await filled(batches)
          try {
            if (merged) await store.compact()
            for (const { query, plain, order, limit, start, end } of cases) {
              const found: string[] = []
              let after: SearchPlace | undefined
              do {
                const page = await store.search({
                  pipeline: pipelineOf(query),
                  order,
                  limit,
                  after,
                  start,
                  end,
                  spansPerSet: 3,
                  budget: ample,
                })
                expect(page.cutShort).toBeUndefined()
                expect(page.traces.length).toBeLessThanOrEqual(limit)
                found.push(...page.traces.map(({ summary }) => `${summary.traceId} ${summary.spanCount}`))
                after = page.next
              } while (after !== undefined)
              expect({ query, found }).toEqual({
                query,
                found: plainFind(batches.flat(), { plain, order, start, end }),
              })
            }
          } finally {
            await store.close()
          }
        },
      ),
      { numRuns: 4, endOnFailure: true },
    )
  })

  test('what is found is shown: the earliest spans of each set, how many matched, and what each service has', async () => {
    const store = await filled([
      [
        { traceId: trace(1), spanId: spanId(1), name: 'root', start: 100n, duration: 50n, service: 'shop' },
        {
          traceId: trace(1),
          spanId: spanId(2),
          parentSpanId: spanId(1),
          start: 120n,
          duration: 5n,
          service: 'db',
          status: 2,
          tags: { table: 'items' },
        },
      ],
      [
        {
          traceId: trace(1),
          spanId: spanId(3),
          parentSpanId: spanId(1),
          start: 110n,
          duration: 6n,
          service: 'db',
          tags: { table: 'carts' },
        },
      ],
    ])
    const question = { order: 'newest', limit: 5, budget: ample } as const
    const pipeline = pipelineOf('{ resource.service.name = "db" } | select(span.table)')
    const { traces } = await store.search({ ...question, pipeline, spansPerSet: 1 })
    expect(traces).toMatchObject([
      {
        summary: { traceId: trace(1), rootName: 'root', spanCount: 3, durationNano: '50' },
        serviceStats: [
          { service: 'db', spanCount: 2, errorCount: 1 },
          { service: 'shop', spanCount: 1, errorCount: 0 },
        ],
        spansets: [
          {
            matched: 2,
            spans: [
              {
                spanId: spanId(3),
                name: 'GET /',
                startUnixNano: 110n,
                durationNano: 6n,
                fields: [
                  { field: { key: 'service.name' }, value: { type: 'string', value: 'db' } },
                  { field: { key: 'table' }, value: { type: 'string', value: 'carts' } },
                ],
              },
            ],
          },
        ],
      },
    ])
    // A relation over blocks.
    const under = pipelineOf('{ name = "root" } > { span.table = "carts" }')
    expect((await store.search({ ...question, pipeline: under, spansPerSet: 3 })).traces).toMatchObject([
      { spansets: [{ matched: 1, spans: [{ spanId: spanId(3) }] }] },
    ])
    // Without span sets, where they are not asked for.
    const bare = await store.search({ ...question, pipeline, spansPerSet: 0 })
    expect(bare.traces).toMatchObject([{ spansets: [] }])
    await store.close()
  })

  test('a search that may take no more says so, with what it found until then', async () => {
    const store = await filled(
      Array.from({ length: 5 }, (_, at) => [
        { traceId: trace(at + 1), spanId: spanId(1), start: BigInt(at + 1) * 1_000_000n },
      ]),
    )
    const question = { pipeline: pipelineOf('{ }'), order: 'newest', limit: 10, spansPerSet: 0 } as const
    const found = await store.search({ ...question, budget: { ms: 60_000, spans: 250 } })
    expect(found.traces.length).toBeGreaterThan(0)
    expect(found.traces.length).toBeLessThan(5)
    expect(found.cutShort).toMatch(/may go through 250.*of 5 blocks.*1970-01-01T00:00:00\.00\dZ/)
    const givenUp = new Int32Array(new SharedArrayBuffer(4))
    givenUp[0] = 1
    const none = await store.search({ ...question, budget: { ...ample, givenUp } })
    expect(none).toMatchObject({ traces: [], cutShort: expect.stringContaining('nobody waits') })
    await store.close()
  })

  test('rates, errors and durations: as counted one by one, over blocks that lie across the edges', async () => {
    await fc.assert(
      fc.asyncProperty(
        commits,
        fc.subarray<RedKey>(['service', 'operation', 'source', 'kind']),
        fc.bigInt(0n, 40n),
        fc.bigInt(1n, 20n),
        fc.boolean(),
        async (batches, by, start, stepNano, merged) => {
          const store = await filled(batches)
          try {
            if (merged) await store.compact()
            const end = start + 3n * stepNano
            const question = { by, start, end, stepNano, service: 'shop', budget: ample }
            const { groups, cutShort } = await store.red(question)
            expect(cutShort).toBeUndefined()
            const counted = groups.map(({ service, operation, source, kind, total, steps }) => ({
              key: JSON.stringify([service, operation, source, kind]),
              total: [total.count, total.errors, total.durationSum],
              steps: steps.map(({ unixNano, count, errors }) => [unixNano, count, errors]),
            }))
            const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1)
            expect(counted.sort(byKey)).toEqual(plainRed(batches.flat(), by, start, stepNano).sort(byKey))
          } finally {
            await store.close()
          }
        },
      ),
      { numRuns: 4, endOnFailure: true },
    )
  })

  test('figures by TraceQL that blocks have counted are those of the single spans', async () => {
    const queries = [
      '{ } | rate()',
      '{ resource.service.name = "shop" && status != error } | count_over_time() by (name, status)',
      '{ kind = server } | histogram_over_time(duration) by (resource.service.name)',
      '{ } | quantile_over_time(duration, .5, .9) by (resource.trace_source)',
    ]
    await fc.assert(
      fc.asyncProperty(commits, fc.boolean(), async (batches, merged) => {
        const store = await filled(batches)
        try {
          if (merged) await store.compact()
          for (const text of queries) {
            const seriesOf = async (query: Query | undefined, exemplarsMax: number) => {
              if (query === undefined) throw new Error(`no query: ${text}`)
              const range = { start: 0n, end: 70n, stepNano: 7n, seriesMax: 1_000, exemplarsMax }
              const { series } = await store.measure({ query, ...range, budget: ample })
              return series
                .map(({ labels, samples }) => ({ labels, samples }))
                .sort((a, b) => (textOf(a.labels) < textOf(b.labels) ? -1 : 1))
            }
            const { query } = parseQuery(text)
            // What no block has counted before: the same with a condition that every span fits.
            const { query: bySpan } = parseQuery(
              text.replace('{', '{ span.none = nil && ').replace('&&  }', '}'),
            )
            expect({ text, series: await seriesOf(query, 0) }).toEqual({
              text,
              series: await seriesOf(bySpan, 0),
            })
            expect({ text, series: await seriesOf(query, 5) }).toEqual({
              text,
              series: await seriesOf(bySpan, 5),
            })
          }
        } finally {
          await store.close()
        }
      }),
      { numRuns: 4, endOnFailure: true },
    )
  })

  test('quantiles are right to an eighth of an octave, and the slow and the failed trace are those', async () => {
    const durations = Array.from({ length: 1_000 }, (_, at) => BigInt((at + 1) * 1_000_000))
    const store = await filled([
      durations.map((duration, at) => ({
        traceId: trace(at + 1),
        spanId: spanId(1),
        start: BigInt(at),
        duration,
        status: at === 500 ? 2 : 0,
      })),
    ])
    const { groups } = await store.red({ by: ['service'], budget: ample })
    expect(groups).toMatchObject([{ slowTraceId: trace(1_000), errorTraceId: trace(501), steps: [] }])
    const [{ total } = {}] = groups
    expect(total).toMatchObject({ count: 1_000, errors: 1, durationSum: 500_500_000_000 })
    for (const [name, wanted] of [
      ['p50', 500e6],
      ['p95', 950e6],
      ['p99', 990e6],
    ] as const) {
      expect(Math.abs((total?.[name] ?? 0) / wanted - 1)).toBeLessThan(0.05)
    }
    await store.close()
  })

  test('attributes and their values are counted by span, operations by name and kind', async () => {
    const store = await filled([
      [
        { traceId: trace(1), spanId: spanId(1), tags: { a: 'x', b: 'y' }, name: 'one' },
        { traceId: trace(1), spanId: spanId(2), tags: { a: 'x' }, name: 'two', status: 2 },
      ],
      [{ traceId: trace(2), spanId: spanId(3), tags: { a: 'z' }, service: 'db', name: 'three' }],
    ])
    expect((await store.attributeKeys({ budget: ample })).keys).toEqual([
      { scope: 'resource', key: 'service.name', spans: 3 },
      { scope: 'span', key: 'a', spans: 3 },
      { scope: 'span', key: 'b', spans: 1 },
    ])
    expect((await store.attributeKeys({ service: 'db', budget: ample })).keys).toHaveLength(2)
    const field = { type: 'attribute', scope: 'any', key: 'a', ofParent: false } as const
    expect((await store.fieldValues({ field, limit: 5, budget: ample })).values).toEqual([
      { value: { type: 'string', value: 'x' }, spans: 2 },
      { value: { type: 'string', value: 'z' }, spans: 1 },
    ])
    const { first } = pipelineOf('{ status = error }')
    const condition = first.type === 'filter' ? first.condition : undefined
    const names = { type: 'intrinsic', name: 'span:name' } as const
    expect((await store.fieldValues({ field: names, condition, limit: 5, budget: ample })).values).toEqual([
      { value: { type: 'string', value: 'two' }, spans: 1 },
    ])
    expect(await store.operations('shop')).toEqual([
      { name: 'one', kinds: ['SERVER'], spans: 1 },
      { name: 'two', kinds: ['SERVER'], spans: 1 },
    ])
    expect(await store.operations('nobody')).toEqual([])
    await store.close()
  })

  test('who follows new spans gets each once, in whatever blocks they are meanwhile', async () => {
    const store = open(folder())
    let commitsSeen = 0
    const end = store.onCommit(() => commitsSeen++)
    expect(await store.lastBlock()).toBe(0)
    const add = (number: number) =>
      store.append(batchOf([{ traceId: trace(number), spanId: spanId(number), status: number % 2 }]))
    for (let number = 1; number <= 20; number++) await add(number)
    expect(commitsSeen).toBe(20)
    expect(await store.lastBlock()).toBe(20)
    const { first } = pipelineOf('{ status = ok }')
    const condition = first.type === 'filter' ? first.condition : undefined
    const some = await store.tail({ afterBlock: 10, condition, limit: 3 })
    expect(some).toMatchObject({ block: 20, skipped: 2 })
    expect(some.spans.map(({ traceId }) => traceId)).toEqual([11, 13, 15].map(trace))
    await store.compact()
    await add(21)
    const rest = await store.tail({ afterBlock: 18, condition, limit: 9 })
    expect(rest.spans.map(({ traceId, service, source }) => [traceId, service, source])).toEqual(
      [19, 21].map((number) => [trace(number), 'shop', 'otlp']),
    )
    expect(rest).toMatchObject({ block: 21, skipped: 0 })
    expect(await store.tail({ afterBlock: 21, condition, limit: 9 })).toEqual({
      block: 21,
      spans: [],
      skipped: 0,
    })
    end()
    await add(22)
    expect(commitsSeen).toBe(21)
    await store.close()
  })
}

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part))

type Counted = { key: string; total: number[]; steps: [bigint, number, number][] }

function plainRed(
  spans: readonly SampleSpan[],
  by: readonly RedKey[],
  start: bigint,
  step: bigint,
): Counted[] {
  const counted = spans.filter((span) => {
    const at = span.start ?? 0n
    return span.service === 'shop' && at >= start && at < start + 3n * step
  })
  const keyOf = (span: SampleSpan): string =>
    JSON.stringify([
      by.includes('service') ? span.service : undefined,
      by.includes('operation') ? span.name : undefined,
      by.includes('source') ? span.source : undefined,
      by.includes('kind') ? 'SERVER' : undefined,
    ])
  const errorsOf = (of: readonly SampleSpan[]) => of.filter(({ status }) => status === 2).length
  return [...Map.groupBy(counted, keyOf)].map(([key, of]) => ({
    key,
    total: [of.length, errorsOf(of), of.reduce((sum, span) => sum + Number(span.duration), 0)],
    steps: [0n, 1n, 2n].map((number) => {
      const from = start + number * step
      const within = of.filter((span) => (span.start ?? 0n) >= from && (span.start ?? 0n) < from + step)
      return [from, within.length, errorsOf(within)]
    }),
  }))
}
