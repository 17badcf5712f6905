// The JSON API over the store: traces, one trace, services, counters. Shapes are wire.ts's; errors are `apiError`s
// whose message names the bad parameter and its value.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { hasZodFastifySchemaValidationErrors, validatorCompiler } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { KeyRing } from '../access/key-ring.ts'
import { counters as countersAnswer } from '../counters.ts'
import type { Counters } from '../counters.ts'
import { RequestFault, requestFaults } from '../faults.ts'
import { StoreFault } from '../store/store.ts'
import type { AttributeQuery, Store } from '../store/store.ts'
import type { Endpoints } from '../tag/endpoint.ts'
import { endpointsAnswer, servicesAnswer, tracesAnswer, tracesQuery } from '../wire.ts'
import type { ApiError } from '../wire.ts'

export type QueryParts = {
  store: Store
  counters: Counters
  keys: KeyRing
  endpoints: Pick<Endpoints, 'list'>
}

// Strict: a misspelt filter would otherwise answer with everything.
const tracesQueryStrict = z.strictObject(tracesQuery.shape)
const traceParams = z.object({
  id: z.string().regex(/^[\da-f]{32}$/i, 'must be a trace id: 32 hex digits'),
})

export const queryRoutes: FastifyPluginAsyncZod<QueryParts> = async (
  app,
  { store, counters, keys, endpoints },
) => {
  speakJson(app)
  app.addHook('onRequest', async (request) => void keys.grantOf(request.headers, 'read'))

  app.get(
    '/api/traces',
    { schema: { querystring: tracesQueryStrict, response: { 200: tracesAnswer } } },
    async ({ query }) => {
      const { start, end, durationMin, durationMax, attribute, ...filter } = query
      const range = {
        start: nanoseconds(start),
        end: nanoseconds(end),
        durationMin: nanoseconds(durationMin),
        durationMax: nanoseconds(durationMax),
      }
      if (range.start !== undefined && range.end !== undefined && range.start >= range.end) {
        throw new RequestFault('parameter_invalid', `start (${start}) must be before end (${end}).`)
      }
      const attributes = attribute?.map(attributeQueryOf)
      return { traces: await store.findTraces({ ...filter, ...range, attributes }) }
    },
  )
  app.get('/api/traces/:id', { schema: { params: traceParams } }, async ({ params }, reply) => {
    const traceId = params.id.toLowerCase()
    const answer = await store.traceAnswer(traceId)
    if (answer === undefined) throw unknownTrace(traceId)
    return reply.type('application/json; charset=utf-8').send(answer)
  })
  app.get('/api/services', { schema: { response: { 200: servicesAnswer } } }, async () => ({
    services: await store.services(),
  }))
  app.get('/api/endpoints', { schema: { response: { 200: endpointsAnswer } } }, async () => ({
    endpoints: endpoints.list(),
  }))
  app.get('/api/counters', { schema: { response: { 200: countersAnswer } } }, async () => counters)
}

/** Of all routes of the API: how questions are checked, and answers and errors written. */
export function speakJson(app: FastifyInstance): void {
  app.setValidatorCompiler(validatorCompiler)
  // Answers are held to their schemas by the compiler and by tests. Parsing each once more took most of the 2.9 s of
  // an answer with 45,000 spans.
  app.setSerializerCompiler(() => JSON.stringify)
  app.setErrorHandler(async (error, request, reply) => sendFault(queryFaultOf(error, request), reply))
}

const nanoseconds = (text: string | undefined): bigint | undefined =>
  text === undefined ? undefined : BigInt(text)

function attributeQueryOf(text: string): AttributeQuery {
  const at = text.indexOf('=')
  return { key: text.slice(0, at), value: text.slice(at + 1) }
}

function unknownTrace(traceId: string): RequestFault {
  return new RequestFault(
    'trace_unknown',
    `no span of trace ${traceId} is stored here. Its sender may not have sent it yet, or sends elsewhere.`,
  )
}

export function sendFault({ code, message }: RequestFault, reply: FastifyReply): FastifyReply {
  const { status } = requestFaults[code]
  if (status === 401) void reply.header('www-authenticate', 'Bearer')
  const answer: ApiError = { error: { code, message } }
  return reply.code(status).header('content-type', 'application/json').serializer(JSON.stringify).send(answer)
}

/** Also for requests that Fastify itself refuses, such as a malformed URL. */
export function queryFaultOf(error: unknown, request: FastifyRequest): RequestFault {
  if (error instanceof RequestFault) return error
  if (error instanceof StoreFault) return new RequestFault(error.code, error.message, { cause: error })
  if (hasZodFastifySchemaValidationErrors(error)) {
    return new RequestFault('parameter_invalid', parameterMistakes(error.validation, request))
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status >= 400 && status < 500) return new RequestFault('parameter_invalid', `${messageOf(error)}.`)
  request.log.error({ err: error }, 'a query failed')
  return new RequestFault('internal', 'this is a fault of probespan: its log says more.', { cause: error })
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

type Mistake = { instancePath: string; message?: string | undefined }

function parameterMistakes(mistakes: readonly Mistake[], request: FastifyRequest): string {
  const given: Record<string, unknown> = { ...Object(request.query), ...Object(request.params) }
  return mistakes
    .map(({ instancePath, message = 'is not valid' }) => {
      const name = instancePath.split('/')[1] ?? ''
      return name === '' ? `${message}.` : `${name} is ${JSON.stringify(given[name])}: ${message}.`
    })
    .join(' ')
}

/** For what no route takes. */
export function unknownPath(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const hint = request.method === 'POST' ? ' OTLP traces go to POST /v1/traces.' : ''
  const message = `${request.method} ${request.url.split('?')[0]} is not a path of this service.${hint}`
  return sendFault(new RequestFault('path_unknown', message), reply)
}
