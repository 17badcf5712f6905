// The same queries, asked of the real SQLite store: what it finds with its filters, columns and plans is what each query
// plainly means. In several commits, before and after blocks are merged.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { queueBytesMax } from '../../src/limits.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { parseQuery } from '../../src/traceql/parse.ts'
import { answerOf, cases, setText, staticText, type Answer } from './cases.ts'
import { traces } from './data.ts'
import { batchOf } from './otlp.ts'

const budget = { ms: 60_000, spans: 10_000_000 }
const commits = 5

describe.each(['in several commits', 'merged'])('%s', (state) => {
  const folder = mkdtempSync(join(tmpdir(), 'probespan-traceql-'))
  let store: Store
  let merges = 0

  beforeAll(async () => {
    store = openSqliteStore(join(folder, 'probespan.db'), queueBytesMax)
    // Each trace comes in several commits.
    for (let commit = 0; commit < commits; commit++)
      await store.append(batchOf(traces.flatMap((trace) => trace.filter((_, at) => at % commits === commit))))
    if (state === 'merged') merges = (await store.compact()).merges
  })
  afterAll(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })

  test('blocks were merged where that is said', () => {
    expect(merges > 0).toBe(state === 'merged')
  })

  test.each(cases)('%s', async (query, meaning) => {
    const { pipeline } = parseQuery(query).query!
    const found = await store.search({
      pipeline,
      order: 'newest',
      limit: traces.length,
      spansPerSet: 1_000,
      budget,
    })
    expect(found.cutShort).toBeUndefined()
    const answer: Answer = {}
    for (const { summary, spansets } of found.traces)
      answer[summary.traceId] = spansets
        .map(({ spans, groups, matched }) => {
          expect(matched).toBe(spans.length)
          return setText(
            groups.map(({ value }) => staticText(value)),
            spans.map(({ spanId }) => spanId),
          )
        })
        .toSorted()
    expect(answer).toEqual(answerOf(meaning))
  })
})
