// Pages of `GET /api/traces` while spans arrive: every trace that was there at the first page comes once, in order, and
// nothing that came later. Blocks are merged meanwhile. PROBESPAN_PAGES_TRACES=100000 is the long form.
import { expect, test } from 'vitest'
import type { ApiError, TracesAnswer } from '../src/wire.ts'
import { firstStart, madeTraces, send, tracesOf } from './asked-traces.ts'
import type { PlainSpan } from './asked-traces.ts'
import { getJson, runIngest } from './running.ts'
import { hexId } from './sample.ts'

const tracesCount = Number(process.env['PROBESPAN_PAGES_TRACES'] ?? 4_000)
const batchTraces = 500

async function sendAll(url: string, spans: readonly PlainSpan[]): Promise<void> {
  const batchSpans = batchTraces * 3
  for (let at = 0; at < spans.length; at += batchSpans) await send(url, spans.slice(at, at + batchSpans))
}

/** Newer traces, older ones, and spans that make a trace which is listed start earlier and last longer. */
function arrivals(page: number, known: readonly PlainSpan[]): PlainSpan[] {
  const fresh = madeTraces(page + 1, 20, 10_000_000 + page * 100)
  const older = madeTraces(page + 5_000, 20, 20_000_000 + page * 100).map((span) => ({
    ...span,
    start: span.start - 30_000_000_000_000n,
  }))
  const late = known
    .filter((_span, at) => at % 101 === page % 101)
    .map((span, at) => ({
      ...span,
      spanId: hexId(BigInt(page) * 1_000_000n + BigInt(at) + 2n ** 60n, 16),
      start: firstStart - BigInt(page) * 1_000_000_000n,
      duration: 60_000_000_000n,
    }))
  return [...fresh, ...older, ...late.slice(0, 200)]
}

test.each(['newest', 'slowest'] as const)(
  '%s first, page by page, each trace once',
  async (order) => {
    // However busy the machine is: a page that was cut short would not be whole.
    const { url } = await runIngest({ PROBESPAN_QUERY_TIMEOUT_MS: '600000' })
    const spans = madeTraces(11, tracesCount)
    await sendAll(url, spans)
    const filters = new URLSearchParams({
      order,
      durationMin: '100000',
      limit: String(Math.min(1_000, Math.ceil(tracesCount / 29))),
    })
    const seen: string[] = []
    const starts: bigint[] = []
    let cursor: string | undefined
    let pages = 0
    do {
      const page: TracesAnswer = await getJson(
        `${url}/api/traces?${filters.toString()}${cursor === undefined ? '' : `&cursor=${cursor}`}`,
      )
      expect(page.cutShort).toBeUndefined()
      seen.push(...page.traces.map(({ traceId }) => traceId))
      starts.push(
        ...page.traces.map(({ startUnixNano, durationNano }) =>
          BigInt(order === 'newest' ? startUnixNano : durationNano),
        ),
      )
      cursor = page.next
      await send(url, arrivals(pages++, spans))
    } while (cursor !== undefined)
    const expected = tracesOf(spans, ({ duration }) => duration >= 100_000n)
    expect(pages).toBeGreaterThan(20)
    expect(seen.length).toBe(new Set(seen).size)
    expect(seen.toSorted()).toEqual(expected.map(({ traceId }) => traceId).sort())
    expect(starts).toEqual(starts.toSorted((a, b) => (a === b ? 0 : a > b ? -1 : 1)))
    // A list that begins anew sees what came.
    const anew: TracesAnswer = await getJson(`${url}/api/traces?${filters.toString()}`)
    expect(anew.traces[0]?.traceId).not.toBe(seen[0])
  },
  3_600_000,
)

test('a range that moves on with the clock goes with a cursor; another filter does not, nor half a cursor', async () => {
  const { url } = await runIngest()
  await send(url, madeTraces(2, 50))
  const first: TracesAnswer = await getJson(`${url}/api/traces?limit=10&start=5&name=charge`)
  const { next = '' } = first
  const second: TracesAnswer = await getJson(`${url}/api/traces?limit=7&start=6&name=charge&cursor=${next}`)
  expect(second.traces).toHaveLength(7)
  expect(second.traces[0]?.traceId).not.toBe(first.traces[9]?.traceId)
  for (const [query, words] of [
    [`name=other&cursor=${next}`, 'must go with the filters and the order of the answer that it is from'],
    [`name=charge&order=slowest&cursor=${next}`, 'must go with the filters and the order'],
    [
      `name=charge&cursor=${next.slice(1)}`,
      `cursor is "${next.slice(1)}": it must be the "next" of an answer, whole`,
    ],
    ['name=charge&cursor=', 'must be the "next" of an answer, whole'],
  ]) {
    const response = await fetch(`${url}/api/traces?${query}`)
    const { error } = (await response.json()) as ApiError
    expect([response.status, error]).toEqual([
      400,
      { code: 'parameter_invalid', message: expect.stringContaining(words ?? '') },
    ])
  }
})
