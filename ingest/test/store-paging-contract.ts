// What any store engine must keep to page by page: while spans arrive, old traces get late spans that make them start
// earlier or last longer, and blocks are merged, every trace that was there when the first page was made comes, once.
// Called as store-contract.ts is.
import { expect, test } from 'vitest'
import type { SearchOrder, SearchPlace } from '../src/store/questions.ts'
import type { Store } from '../src/store/store.ts'
import { batchOf, hexId } from './sample.ts'
import type { SampleSpan } from './sample.ts'
import type { OpenStore } from './store-contract.ts'
import { ample, pipelineOf } from './store-question-contract.ts'

export type PagingSize = { traces: number; perBatch: number; pageSize: number; lateEvery: number }

const base = 1_700_000_000_000_000_000n

/** The number-th trace's: starts out of order, some equal. */
function spanOf(number: number): SampleSpan {
  const start = base + BigInt(((number * 7_919) % 1_000_003) * 1_000)
  return {
    traceId: hexId(number, 32),
    spanId: hexId(1, 16),
    start,
    duration: BigInt(1 + (number % 977)),
    tags: { parity: String(number % 2) },
  }
}

export function storePagingContract(open: OpenStore, folder: () => string, size: PagingSize): void {
  const { perBatch, pageSize, lateEvery } = size
  const numbers = (from: number, count: number) => Array.from({ length: count }, (_, at) => from + at)

  /** A late span of an old trace, far before or behind its others, beside traces that are new. */
  async function addLate(store: Store, traces: number, round: number): Promise<void> {
    const old = 1 + ((round * 104_729) % traces)
    const offset = (round % 2 === 0 ? -1n : 1n) * 500_000_000n
    const late = { ...spanOf(old), spanId: hexId(1_000 + round, 16), start: base + 500_000_000n + offset }
    await store.append(batchOf([late, spanOf(traces + 1 + round)]))
  }

  test.each<{ order: SearchOrder; traces: number; query: string; fits: (number: number) => boolean }>([
    { order: 'newest', traces: size.traces, query: '{ }', fits: () => true },
    {
      order: 'slowest',
      traces: size.traces / 10,
      query: '{ span.parity = "1" }',
      fits: (number) => number % 2 === 1,
    },
  ])(
    `$order of $traces traces page by page while more arrive: none twice, none skipped, in order`,
    async ({ order, traces, query, fits }) => {
      const store = open(folder())
      for (let from = 1; from <= traces; from += perBatch) {
        await store.append(batchOf(numbers(from, Math.min(perBatch, traces + 1 - from)).map(spanOf)))
      }
      const wanted = numbers(1, traces).filter(fits)
      const pipeline = pipelineOf(query)
      const found: string[] = []
      let after: SearchPlace | undefined
      let pages = 0
      do {
        const question = { pipeline, order, limit: pageSize, after, spansPerSet: 0, budget: ample }
        const page = await store.search(question)
        expect(page.cutShort).toBeUndefined()
        found.push(...page.traces.map(({ summary }) => summary.traceId))
        after = page.next
        if (pages++ % lateEvery === 0)
          for (let at = 0; at < 5; at++) await addLate(store, traces, pages * 5 + at)
        if (pages % (lateEvery * 4) === 0) await store.compact()
      } while (after !== undefined)

      const key = (number: number): bigint => {
        const { start = 0n, duration = 0n } = spanOf(number)
        return order === 'newest' ? start : duration
      }
      const inOrder = wanted
        .toSorted((a, b) => Number(key(b) - key(a)) || a - b)
        .map((number) => hexId(number, 32))
      expect(new Set(found).size).toBe(found.length)
      expect(found).toEqual(inOrder)
      await store.close()
    },
    300_000,
  )
}
