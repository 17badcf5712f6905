// One trace: whole, as a skeleton, or one span of it.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { RequestFault } from '../faults.ts'
import type { Store } from '../store/store.ts'
import { skeletonAnswer, spanAnswer, spanParams, traceAnswer, traceParams, traceQuery } from '../wire.ts'
import { strictQuery } from './answers.ts'
import { documented } from './openapi.ts'
import type { QueryParts } from './routes.ts'

/** Bytes from where they were made: they keep no request waiting. */
const inItsForms: { summary: string; response: object } = {
  summary: 'all spans of a trace',
  response: {
    200: {
      description: 'all spans of a trace',
      content: {
        'application/json': {
          schema: z.union([
            traceAnswer,
            skeletonAnswer,
            z.looseObject({ resourceSpans: z.array(z.unknown()) }),
          ]),
        },
        'application/x-protobuf': { schema: z.unknown() },
      },
    },
  },
}

export const traceRoutes: FastifyPluginAsyncZod<QueryParts> = async (app, { store }) => {
  app.get(
    '/api/traces/:id',
    {
      schema: {
        ...inItsForms,
        params: traceParams,
        querystring: strictQuery(traceQuery),
      },
    },
    async ({ params, query }, reply) => {
      const traceId = params.id.toLowerCase()
      const answer = await bytesOf(traceId, query, store)
      if (answer === undefined) throw unknownTrace(traceId)
      const type = query.format === 'otlp-protobuf' ? protobufType : 'application/json; charset=utf-8'
      return reply.type(type).send(answer)
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

const protobufType = 'application/x-protobuf'

function bytesOf(
  traceId: string,
  { skeleton, format }: z.infer<typeof traceQuery>,
  store: Store,
): Promise<Buffer | undefined> {
  if (format === 'json') return skeleton ? store.skeletonAnswer(traceId) : store.traceAnswer(traceId)
  if (skeleton) {
    throw new RequestFault('parameter_invalid', `skeleton goes with format=json, not with "${format}".`)
  }
  return format === 'otlp-json' ? store.traceJson(traceId, 'otlp') : store.traceBytes(traceId)
}

function unknownTrace(traceId: string): RequestFault {
  return new RequestFault(
    'trace_unknown',
    `no span of trace ${traceId} is stored here. Its sender may not have sent it yet, or sends elsewhere.`,
  )
}
