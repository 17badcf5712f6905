// `/api/search`: traces by TraceQL (`q`), or by the tags of before. Newest first; `start` and `end` are seconds.
import type { FastifyInstance } from 'fastify'
import { RequestFault } from '../faults.ts'
import { Parameters, refused } from '../go-values/parameters.ts'
import type { Pipeline } from '../traceql/ast.ts'
import { send } from './answer.ts'
import { queryOf } from './query-parameter.ts'
import { searchRange } from './range-parameters.ts'
import type { TempoParts } from './routes.ts'
import { searchResponseType } from './schema.ts'
import { searchResponse } from './search-answer.ts'
import { tagSearchPipeline } from './tag-search.ts'

const usualTraces = 20
/** More than Grafana's table shows. */
const tracesMax = 5_000
const usualSpansPerSet = 3
const spansPerSetMax = 1_000

export async function searchRoutes(app: FastifyInstance, { store, queue }: TempoParts): Promise<void> {
  app.get('/api/search', async (request, reply) => {
    const parameters = new Parameters(request.query)
    const question = {
      ...searchRange(parameters),
      pipeline: pipelineOf(parameters),
      order: 'newest',
      limit: parameters.count('limit', { min: 1, max: tracesMax }) ?? usualTraces,
      spansPerSet: spansPerSet(parameters.count('spss', { min: 0, max: spansPerSetMax })),
    } as const
    const found = await queue.take(request.signal, (budget) => store.search({ ...question, budget }))
    return send(request, reply, searchResponseType, searchResponse(found))
  })
}

/** 0 means all, as far as that goes. */
const spansPerSet = (asked: number | undefined): number =>
  asked === 0 ? spansPerSetMax : (asked ?? usualSpansPerSet)

function pipelineOf(parameters: Parameters): Pipeline {
  const text = parameters.text('q')
  if (text === undefined) return tagSearchPipeline(parameters)
  if (parameters.text('tags') !== undefined)
    throw refused('tags', parameters.text('tags') ?? '', 'send q or tags')
  const { pipeline, metrics } = queryOf(text)
  if (metrics !== undefined) {
    throw new RequestFault(
      'parameter_invalid',
      `q asks for metrics (${text}), which are no traces: send it to /api/metrics/query_range.`,
    )
  }
  return pipeline
}
