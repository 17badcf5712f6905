// `/api/metrics/query_range` and `/api/metrics/query`: TraceQL metrics as series over time, or one value for the range.
import type { FastifyInstance } from 'fastify'
import { RequestFault } from '../faults.ts'
import { Parameters } from '../go-values/parameters.ts'
import type { Query } from '../traceql/ast.ts'
import { send } from './answer.ts'
import { queryInstantResponse, queryRangeResponse } from './metrics-answer.ts'
import { queryOf } from './query-parameter.ts'
import { metricsRange, steppedRange } from './range-parameters.ts'
import type { TempoParts } from './routes.ts'
import { queryInstantResponseType, queryRangeResponseType } from './schema.ts'

/** As Tempo has them. */
const seriesMax = 1_000
const usualExemplars = 100
const exemplarsMax = 1_000

export async function metricsRoutes(app: FastifyInstance, { store, queue }: TempoParts): Promise<void> {
  app.get('/api/metrics/query_range', async (request, reply) => {
    const parameters = new Parameters(request.query)
    const query = metricsQuery(parameters)
    const question = {
      query,
      ...steppedRange(parameters, metricsRange(parameters, nowNano())),
      seriesMax: seriesWanted(parameters),
      exemplarsMax: exemplarsWanted(parameters, query),
    }
    const found = await queue.take(request.signal, (budget) => store.measure({ ...question, budget }))
    return send(request, reply, queryRangeResponseType, queryRangeResponse(found))
  })
  app.get('/api/metrics/query', async (request, reply) => {
    const parameters = new Parameters(request.query)
    const query = metricsQuery(parameters)
    const { start, end } = metricsRange(parameters, nowNano())
    const question = {
      query,
      start,
      end,
      stepNano: end - start,
      seriesMax: seriesWanted(parameters),
      exemplarsMax: 0,
    }
    const found = await queue.take(request.signal, (budget) => store.measure({ ...question, budget }))
    return send(request, reply, queryInstantResponseType, queryInstantResponse(found))
  })
}

const nowNano = (): bigint => BigInt(Date.now()) * 1_000_000n

function metricsQuery(parameters: Parameters): Query {
  const text = parameters.text('q', 'query')
  if (text === undefined)
    throw new RequestFault('parameter_invalid', 'q is missing: send a TraceQL metrics query.')
  const query = queryOf(text)
  if (query.metrics !== undefined) return query
  throw new RequestFault(
    'parameter_invalid',
    `q has no metrics function (${text}): end it with one, such as | rate(), or send it to /api/search.`,
  )
}

const seriesWanted = (parameters: Parameters): number =>
  parameters.count('maxSeries', { min: 0, max: seriesMax }) || seriesMax

/** The hint `exemplars` wins over the parameter; 0 is the usual number. */
function exemplarsWanted(parameters: Parameters, { hints }: Query): number {
  const hint = hints.findLast(({ name }) => name === 'exemplars')?.value
  if (hint?.type === 'boolean' && !hint.value) return 0
  if (hint?.type === 'int') return Math.max(0, Math.min(Number(hint.value), exemplarsMax))
  const asked = parameters.count('exemplars', { min: 0, max: 2 ** 32 - 1 }) || usualExemplars
  return Math.min(asked, exemplarsMax)
}
