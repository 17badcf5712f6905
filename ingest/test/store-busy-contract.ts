// Everything at once, on any store engine: spans come, are merged and taken away by retention while questions are asked.
// Called as store-contract.ts is.
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { attribute, batchOf, hexId } from './sample.ts'
import type { SampleSpan } from './sample.ts'
import type { OpenStore } from './store-contract.ts'
import { ample, pipelineOf } from './store-question-contract.ts'

const traces = 600
const spansPerTrace = 3
/** Of some 9 MB that come. */
const keptBytes = 3_000_000
const base = 1_770_000_000_000_000_000n

/** In one commit, so that it is there whole or not at all. */
function traceOf(number: number): SampleSpan[] {
  const noise = attribute('noise', randomBytes(11_000).toString('base64'))
  return Array.from({ length: spansPerTrace }, (_, at) => ({
    traceId: hexId(number, 32),
    spanId: hexId(number * 10 + at, 16),
    service: `service-${at}`,
    start: base + BigInt(number) * 1_000_000n,
    duration: 1_000_000n,
    attributes: [attribute('number', String(number)), ...(at === 0 ? [noise] : [])],
  }))
}

export function storeBusyContract(open: OpenStore, folder: () => string): void {
  test('questions are answered while spans come and retention takes others: a trace is whole, or gone', async () => {
    const store = open(folder(), { retention: { ageMs: undefined, bytes: keptBytes, rules: [] } })
    let sent = 0
    const isSending = (): boolean => sent < traces
    const asked = { whole: 0, gone: 0, sums: 0 }
    const sending = (async () => {
      while (isSending()) {
        await store.append(batchOf(traceOf(sent + 1)))
        sent++
      }
    })()
    const keeping = (async () => {
      while (isSending()) await store.compact()
    })()
    const asking = (async () => {
      while (isSending()) {
        const number = Math.max(1, sent - ((asked.whole * 37) % 400))
        const query = pipelineOf(`{ span.number = "${number}" }`)
        const question = {
          order: 'newest',
          limit: 20,
          after: undefined,
          spansPerSet: 1,
          budget: ample,
        } as const
        const one = await store.search({ ...question, pipeline: query })
        const newest = await store.search({ ...question, pipeline: pipelineOf('{ }') })
        for (const { summary } of [...one.traces, ...newest.traces]) {
          expect(summary.spanCount).toBe(spansPerTrace)
          const spans = await store.readTrace(summary.traceId)
          // Taken between the two questions.
          if (spans === undefined) asked.gone++
          else asked.whole++
          expect([undefined, spansPerTrace]).toContain(spans?.length)
        }
        const { groups } = await store.red({ by: ['service'], budget: ample })
        // Each trace has a span of each service.
        expect(new Set(groups.map(({ total }) => total.count)).size).toBeLessThanOrEqual(1)
        asked.sums += groups.length
      }
    })()
    await Promise.all([sending, keeping, asking])
    expect(asked.whole).toBeGreaterThan(100)
    expect(asked.sums).toBeGreaterThan(0)

    await store.compact()
    expect(await store.readTrace(hexId(traces, 32))).toHaveLength(spansPerTrace)
    expect(await store.readTrace(hexId(1, 32))).toBeUndefined()
    const found = await store.search({
      pipeline: pipelineOf('{ span.number = "1" }'),
      order: 'newest',
      limit: 1,
      after: undefined,
      spansPerSet: 1,
      budget: ample,
    })
    expect(found.traces).toEqual([])
    const { bytes, freeBytes } = await store.stats()
    expect(bytes - freeBytes).toBeLessThan(keptBytes * 1.2)
    await store.close()
  })
}
