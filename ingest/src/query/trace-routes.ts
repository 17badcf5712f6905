// One trace: whole, as a skeleton, or one span of it.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { RequestFault } from '../faults.ts'
import { skeletonAnswer, spanAnswer, spanParams, traceAnswer, traceParams, traceQuery } from '../wire.ts'
import { strictQuery } from './answers.ts'
import { documented } from './openapi.ts'
import type { QueryParts } from './routes.ts'

/** Made into JSON where it keeps no request waiting. */
const traceBytes: z.ZodType = z.union([traceAnswer, skeletonAnswer])

export const traceRoutes: FastifyPluginAsyncZod<QueryParts> = async (app, { store }) => {
  app.get(
    '/api/traces/:id',
    {
      schema: {
        ...documented('all spans of a trace', traceBytes),
        params: traceParams,
        querystring: strictQuery(traceQuery),
      },
    },
    async ({ params, query: { skeleton } }, reply) => {
      const traceId = params.id.toLowerCase()
      const answer = await (skeleton ? store.skeletonAnswer(traceId) : store.traceAnswer(traceId))
      if (answer === undefined) throw unknownTrace(traceId)
      return reply.type('application/json; charset=utf-8').send(answer)
    },
  )
  app.get(
    '/api/traces/:id/spans/:spanId',
    {
      schema: {
        ...documented('one span in full', spanAnswer),
        params: spanParams,
      },
    },
    async ({ params }) => {
      const [traceId, spanId] = [params.id.toLowerCase(), params.spanId.toLowerCase()]
      const span = await store.readSpan(traceId, spanId)
      if (span !== undefined) return { span }
      throw new RequestFault('span_unknown', `no span ${spanId} of trace ${traceId} is stored here.`)
    },
  )
}

function unknownTrace(traceId: string): RequestFault {
  return new RequestFault(
    'trace_unknown',
    `no span of trace ${traceId} is stored here. Its sender may not have sent it yet, or sends elsewhere.`,
  )
}
