// Figures over many spans: rate, errors and durations, and series of them.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import { RequestFault } from '../faults.ts'
import type { Budget, RedGroup } from '../store/questions.ts'
import type { Store } from '../store/store.ts'
import type { Query } from '../traceql/ast.ts'
import { parseQuery } from '../traceql/parse.ts'
import { redAnswer, redQuery, seriesAnswer, seriesQuery } from '../wire.ts'
import type { RedAnswer, SeriesAnswer } from '../wire.ts'
import { strictQuery } from './answers.ts'
import { documented } from './openapi.ts'
import { stepOf, usualStep, wholeRangeOf } from './range.ts'
import { shownGroup } from './red-shown.ts'
import type { QueryParts } from './routes.ts'
import { seriesOfRed, shownSeries } from './series-shown.ts'
import { shownAnswered } from './shown.ts'

const exemplarsMax = 100

export const figureRoutes: FastifyPluginAsyncZod<QueryParts> = async (app, { store, queue }) => {
  app.get(
    '/api/red',
    {
      schema: {
        ...documented('rate, errors and durations of spans', redAnswer),
        querystring: strictQuery(redQuery),
      },
    },
    async ({ query, signal }) => red(query, (ask) => queue.take(signal, ask), store),
  )
  app.get(
    '/api/series',
    {
      schema: {
        ...documented(
          'rates and durations over time, or what a TraceQL metrics query measures',
          seriesAnswer,
        ),
        querystring: strictQuery(seriesQuery),
      },
    },
    async ({ query, signal }) => series(query, (ask) => queue.take(signal, ask), store),
  )
}

/** Asks when it is the question's turn. */
type Take = <Answer>(ask: (budget: Budget) => Promise<Answer>) => Promise<Answer>

async function red(
  { start, end, step, by, limit, ...choice }: z.infer<typeof redQuery>,
  take: Take,
  store: Store,
): Promise<RedAnswer> {
  const range = wholeRangeOf({ start, end }, Date.now())
  const stepNano = step === undefined ? undefined : stepOf(step, range)
  const found = await take((budget) => store.red({ ...range, ...choice, by, stepNano, budget }))
  return {
    start: String(range.start),
    end: String(range.end),
    groups: mostFirst(found.groups)
      .slice(0, limit)
      .map((group) => shownGroup(group, { ...range, choice, stepNano })),
    groupsTotal: found.groups.length,
    ...shownAnswered(found),
  }
}

async function series(
  { start, end, step, q, by, limit, ...choice }: z.infer<typeof seriesQuery>,
  take: Take,
  store: Store,
): Promise<SeriesAnswer> {
  const range = wholeRangeOf({ start, end }, Date.now())
  const stepNano = step === undefined ? usualStep(range) : stepOf(step, range)
  const shown = { start: String(range.start), end: String(range.end), stepNano: String(stepNano) }
  if (q === undefined) {
    const question = { ...range, ...choice, by: by ?? (['service'] as const), stepNano }
    const found = await take((budget) => store.red({ ...question, budget }))
    const groups = mostFirst(found.groups).slice(0, limit)
    return { ...shown, series: seriesOfRed(groups, stepNano), ...shownAnswered(found) }
  }
  const query = measureOf(q, { by, ...choice })
  const question = { ...range, query, stepNano, seriesMax: limit, exemplarsMax }
  const found = await take((budget) => store.measure({ ...question, budget }))
  return { ...shown, series: found.series.map(shownSeries), ...shownAnswered(found) }
}

const mostFirst = (groups: readonly RedGroup[]): RedGroup[] =>
  groups.toSorted((a, b) => b.total.count - a.total.count)

/** Throws RequestFault with the place of what is wrong. */
function measureOf(q: string, beside: Readonly<Record<string, unknown>>): Query {
  const given = Object.keys(beside).filter((name) => beside[name] !== undefined)
  if (given.length > 0) {
    throw new RequestFault(
      'parameter_invalid',
      `q stands alone: put what ${given.join(' and ')} should choose into the query itself.`,
    )
  }
  const { query, mistake } = parseQuery(q)
  if (query === undefined) {
    throw new RequestFault('parameter_invalid', `q is ${JSON.stringify(q)}. ${mistake.message}`)
  }
  if (query.metrics !== undefined) return query
  throw new RequestFault(
    'parameter_invalid',
    `q is ${JSON.stringify(q)}: it finds traces instead of measuring. Ask GET /api/traces, or add metrics such as "| rate()".`,
  )
}
