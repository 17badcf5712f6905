// TraceQL against its meaning: hundreds of queries over the fixed traces, each evaluated and answered plainly.
import { expect, test } from 'vitest'
import { parseQuery } from '../../src/traceql/parse.ts'
import { compileEvaluation } from '../../src/traceql/pipeline.ts'
import { printQuery } from '../../src/traceql/print.ts'
import { answerOf, cases, setText, staticText, type Answer } from './cases.ts'
import { allSpans, traces, type PlainTrace } from './data.ts'
import { viewOf } from './plain-view.ts'

const sorted: PlainTrace[] = traces.map((trace) =>
  trace.toSorted((one, other) =>
    one.start !== other.start ? (one.start < other.start ? -1 : 1) : one.spanId < other.spanId ? -1 : 1,
  ),
)

test('there is enough to ask and to answer', () => {
  expect(new Set(cases.map(([query]) => query)).size).toBe(cases.length)
  expect(cases.length).toBeGreaterThanOrEqual(300)
  expect(traces.length).toBe(40)
  expect(allSpans.length).toBeGreaterThan(300)
  // Few of them are empty, so that an evaluation that finds nothing fails.
  const empty = cases.filter(([, meaning]) => Object.keys(answerOf(meaning)).length === 0)
  expect(empty.length).toBeLessThan(cases.length / 5)
})

test.each(cases)('%s', (query, meaning) => {
  const { query: parsed, mistake } = parseQuery(query)
  expect(mistake).toBeUndefined()
  const evaluate = compileEvaluation(parsed!.pipeline)
  const answer: Answer = {}
  for (const trace of sorted) {
    const sets = evaluate(viewOf(trace))
    if (sets.length === 0) continue
    const texts = sets.map(({ spans, groups }) =>
      setText(
        groups.map(({ value }) => staticText(value)),
        spans.map((span) => trace[span]?.spanId ?? ''),
      ),
    )
    answer[trace[0]?.traceId ?? ''] = texts.toSorted()
  }
  expect(answer).toEqual(answerOf(meaning))
  expect(parseQuery(printQuery(parsed!)).query).toEqual(parsed)
})
