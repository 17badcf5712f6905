// TraceQL text → `Query`, or the first mistake in it. The grammar is Tempo's, but for && before || (see
// ARCHITECTURE.md); a query of metrics cannot be combined with another one.
import type { Hint, Query } from './ast.ts'
import { queryCharactersMax } from './limits.ts'
import { mistakeOf, Refusal, type Mistake } from './mistake.ts'
import { Cursor } from './parse/cursor.ts'
import { hintsAt } from './parse/hints.ts'
import { metricsAt } from './parse/metrics.ts'
import { pipelineAt } from './parse/pipeline.ts'
import { tokensOf } from './parse/token.ts'

export type Parsed = { query: Query; mistake?: undefined } | { query?: undefined; mistake: Mistake }

export function parseQuery(text: string): Parsed {
  try {
    if (text.length > queryCharactersMax) {
      const what = `the query has ${text.length} characters, ${queryCharactersMax} at most`
      throw new Refusal({ from: queryCharactersMax, to: text.length }, what, 'Ask in several queries.')
    }
    return { query: queryAt(new Cursor(tokensOf(text))) }
  } catch (error) {
    if (error instanceof Refusal) return { mistake: mistakeOf(error, text) }
    throw error
  }
}

function queryAt(cursor: Cursor): Query {
  if (cursor.isAtEnd) cursor.refuse('the query is empty', 'Write { } for all spans.')
  const pipeline = pipelineAt(cursor)
  const metrics = cursor.take('|') === undefined ? undefined : metricsAt(cursor)
  const hints: Hint[] = []
  while (cursor.is('with')) hints.push(...hintsAt(cursor))
  if (!cursor.isAtEnd) refuseRest(cursor, metrics !== undefined)
  return { pipeline, metrics, hints }
}

function refuseRest(cursor: Cursor, isMetrics: boolean): never {
  const { text } = cursor.token
  if (cursor.is('+', '-', '*', '/', '%', '^')) {
    const what = isMetrics ? 'arithmetic with metrics is not supported' : `${text} does not join span sets`
    const remedy = isMetrics
      ? 'Ask for each of the metrics in a query of its own, and compute with the answers.'
      : 'Join them with &&, ||, or a structural sign such as > or >>.'
    return cursor.refuse(what, remedy)
  }
  if (cursor.is('=', '!=', '<=', '>=', '<', '>'))
    return cursor.refuse('span sets cannot be compared', 'Compare a number of them: { … } | count() > 2.')
  if (cursor.is('}', ')')) return cursor.refuse(`${text} closes nothing`, 'Leave it out.')
  return cursor.refuse('the query should end here', 'Join span sets with && or ||, and stages with |.')
}
