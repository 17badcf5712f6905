// `GET /api/traces`: summaries of the traces that fit filters and a TraceQL query, page by page.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { RequestFault } from '../faults.ts'
import type { SearchPlace } from '../store/questions.ts'
import type { Pipeline } from '../traceql/ast.ts'
import { parseQuery } from '../traceql/parse.ts'
import { tracesAnswer, tracesQuery } from '../wire.ts'
import { strictQuery } from './answers.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { AskedFor } from './cursor.ts'
import { documented } from './openapi.ts'
import { rangeOf } from './range.ts'
import type { QueryParts } from './routes.ts'
import { shownAnswered } from './shown.ts'
import { conditionOf, pipelineOf } from './span-condition.ts'

export const traceListRoutes: FastifyPluginAsyncZod<QueryParts> = async (app, { store, queue }) => {
  app.get(
    '/api/traces',
    {
      schema: {
        ...documented('traces that fit, newest or slowest first', tracesAnswer),
        querystring: strictQuery(tracesQuery),
      },
    },
    async ({ query, signal }) => {
      const { start, end, limit, cursor, ...askedFor } = query
      const { q, order, ...filters } = askedFor
      const question = {
        ...rangeOf({ start, end }),
        pipeline: pipelineOf(conditionOf(filters), q === undefined ? undefined : searchOf(q)),
        order,
        limit,
        after: cursor === undefined ? undefined : placeOf(cursor, askedFor),
        spansPerSet: 0,
      }
      const found = await queue.take(signal, (budget) => store.search({ ...question, budget }))
      return {
        traces: found.traces.map(({ summary }) => summary),
        ...(found.next !== undefined && { next: writeCursor(found.next, askedFor) }),
        ...shownAnswered(found),
      }
    },
  )
}

function placeOf(cursor: string, askedFor: AskedFor): SearchPlace {
  const read = readCursor(cursor, askedFor)
  if (read.ok) return read.place
  throw new RequestFault('parameter_invalid', `cursor is ${JSON.stringify(cursor)}: it ${read.mistake}.`)
}

/** Throws RequestFault with the place of what is wrong. */
function searchOf(q: string): Pipeline {
  const { query, mistake } = parseQuery(q)
  if (query === undefined) {
    throw new RequestFault('parameter_invalid', `q is ${JSON.stringify(q)}. ${mistake.message}`)
  }
  if (query.metrics === undefined) return query.pipeline
  throw new RequestFault(
    'parameter_invalid',
    `q is ${JSON.stringify(q)}: it measures instead of finding traces. Ask GET /api/series, or leave the metrics out.`,
  )
}
