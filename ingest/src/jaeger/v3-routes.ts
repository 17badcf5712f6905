// Jaeger's v3 API over HTTP, which its page asks from 2.19 on, with the shapes of
// https://github.com/jaegertracing/jaeger-idl/blob/main/swagger/api_v3/query_service.openapi.yaml: traces are OTLP/JSON in
// `{"result"}`, refusals `{"error":{"httpCode","message"}}`; a search for whole traces that finds none is one.
import { Readable } from 'node:stream'
import type protobuf from 'protobufjs'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { RequestFault, requestFaults } from '../faults.ts'
import { jsonOf } from '../go-values/message.ts'
import type { Message } from '../go-values/message.ts'
import { Parameters, refused } from '../go-values/parameters.ts'
import { traceIdOrBase64Of } from '../go-values/trace-id.ts'
import { queryFaultOf } from '../query/answers.ts'
import { sendBytes } from './answer.ts'
import { unknownTrace } from './queries.ts'
import type { JaegerRouteParts } from './routes.ts'
import { dependenciesResponseType, findTraceSummariesResponseType } from './schema.ts'
import { summariesMessage } from './summaries.ts'
import { resultText } from './trace-texts.ts'
import { readTraceRange, v3Range, v3Search } from './v3-parameters.ts'

export async function v3Routes(app: FastifyInstance, { store, queries }: JaegerRouteParts): Promise<void> {
  app.setErrorHandler(async (error, request, reply) => refuse(queryFaultOf(error, request), reply))

  app.get('/api/v3/services', async () => ({ services: await queries.services() }))
  app.get('/api/v3/operations', async ({ query }) => {
    const parameters = new Parameters(query)
    const kind = parameters.text('spanKind', 'span_kind')
    return { operations: await queries.operations(parameters.text('service') ?? '', kind, 'internal') }
  })
  app.get('/api/v3/traces', async (request, reply) => {
    const found = await queries.search(v3Search(new Parameters(request.query)), request.signal)
    if (found.traces.length === 0) throw noneFound(found.cutShort)
    const traceIds = found.traces.map(({ summary }) => summary.traceId)
    tellCut(reply, found.cutShort)
    return reply
      .type('application/json')
      .send(Readable.from(resultText(store, traceIds), { objectMode: false }))
  })
  app.get('/api/v3/traces/:id', async (request, reply) => {
    const traceId = askedTraceId(request)
    const trace = await store.traceJson(traceId, 'otlp')
    if (trace === undefined) throw unknownTrace(traceId)
    return sendBytes(reply, Buffer.concat([Buffer.from('{"result":'), trace, Buffer.from('}')]))
  })
  app.get('/api/v3/trace-summaries', async (request, reply) => {
    const found = await queries.search(v3Search(new Parameters(request.query)), request.signal)
    const orphans = await store.orphanCounts(found.traces.map(({ summary }) => summary.traceId))
    tellCut(reply, found.cutShort)
    return { summaries: [], ...json(findTraceSummariesResponseType, summariesMessage(found.traces, orphans)) }
  })
  app.get('/api/v3/dependencies', async ({ query }) => {
    const dependencies = await queries.dependencies(v3Range(new Parameters(query)))
    return { dependencies: [], ...json(dependenciesResponseType, { dependencies }) }
  })
}

const json = (type: protobuf.Type, message: Message): object => jsonOf(type, message)

/** The shapes have no place for it. */
function tellCut(reply: FastifyReply, cutShort: string | undefined): void {
  if (cutShort !== undefined) void reply.header('x-probespan-cut-short', encodeURI(cutShort))
}

function noneFound(cutShort: string | undefined): RequestFault {
  const words = 'No traces found'
  return new RequestFault('trace_unknown', cutShort === undefined ? words : `${words} so far: ${cutShort}`)
}

function askedTraceId({ params, query }: FastifyRequest): string {
  const { id = '' } = { id: undefined, ...Object(params) }
  const traceId = traceIdOrBase64Of(String(id))
  if (traceId === undefined) throw refused('the trace id', String(id), 'it must be up to 32 hex digits')
  readTraceRange(new Parameters(query))
  return traceId
}

function refuse({ code, message }: RequestFault, reply: FastifyReply): FastifyReply {
  const httpCode = requestFaults[code].status
  return reply.code(httpCode).send({ error: { httpCode, message } })
}
