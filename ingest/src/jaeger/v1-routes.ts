// Jaeger's v1 API over HTTP, which Grafana's Jaeger data source and Jaeger's page up to 2.18 read, and later ones for one
// trace. Only under /jaeger: at the root most of its paths are the own API's. Answers are
// `{"data","total","limit","offset","errors"}`.
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { requestFaults } from '../faults.ts'
import { Parameters, refused } from '../go-values/parameters.ts'
import { traceIdOrBase64Of } from '../go-values/trace-id.ts'
import type { RequestFault } from '../faults.ts'
import { queryFaultOf } from '../query/answers.ts'
import { unknownTrace } from './queries.ts'
import type { JaegerQueries } from './queries.ts'
import { pathPart, sendBytes } from './answer.ts'
import type { JaegerRouteParts } from './routes.ts'
import { dataText } from './trace-texts.ts'
import type { LeftOut } from './trace-texts.ts'
import { v1DependencyRange, v1Search, v1TraceIds } from './v1-parameters.ts'

type V1Error = { code?: number; msg: string; traceID?: string }

export async function v1Routes(app: FastifyInstance, { store, queries }: JaegerRouteParts): Promise<void> {
  app.setErrorHandler(async (error, request, reply) => refuse(queryFaultOf(error, request), reply))

  app.get('/api/services', async () => listOf(await queries.services()))
  // A name may have slashes.
  app.get('/api/services/*', (request) => operationNames(pathPart(request, /^(.+)\/operations$/s), queries))
  app.get('/api/operations', async ({ query }) => {
    const parameters = new Parameters(query)
    return listOf(await queries.operations(parameters.text('service') ?? '', parameters.text('spanKind'), ''))
  })
  app.get('/api/traces', async (request, reply) => {
    const parameters = new Parameters(request.query)
    const traceIds = v1TraceIds(parameters)
    if (traceIds.length > 0) return sendTraces(reply, store, traceIds, undefined)
    const found = await queries.search(v1Search(parameters, nowNano()), request.signal)
    const foundIds = found.traces.map(({ summary }) => summary.traceId)
    return sendTraces(reply, store, foundIds, found.cutShort)
  })
  app.get('/api/traces/:id', async (request, reply) => {
    const traceId = askedTraceId(request)
    const trace = await store.traceJson(traceId, 'jaeger')
    if (trace === undefined) throw unknownTrace(traceId)
    return sendBytes(reply, Buffer.concat([Buffer.from('{"data":['), trace, Buffer.from(`]${endText([])}`)]))
  })
  app.get('/api/dependencies', async ({ query }) => {
    const parameters = new Parameters(query)
    const service = parameters.text('service')
    const dependencies = await queries.dependencies(v1DependencyRange(parameters, nowNano()))
    const data = dependencies
      .filter(({ parent, child }) => service === undefined || parent === service || child === service)
      .map(({ callCount, ...edge }) => ({ ...edge, callCount: Number(callCount) }))
    return { ...listOf(data), total: 0 }
  })
}

const nowNano = (): bigint => BigInt(Date.now()) * 1_000_000n

function listOf(data: readonly unknown[]): object {
  return { data, total: data.length, limit: 0, offset: 0, errors: null }
}

/** Each once, whatever the kind. */
async function operationNames(service: string, queries: JaegerQueries): Promise<object> {
  const operations = await queries.operations(service, undefined, '')
  return listOf([...new Set(operations.map(({ name }) => name))])
}

function sendTraces(
  reply: FastifyReply,
  store: JaegerRouteParts['store'],
  traceIds: readonly string[],
  cutShort: string | undefined,
): FastifyReply {
  const end = (leftOut: readonly LeftOut[]): string => {
    const errors = leftOut.map(({ traceId, fault }): V1Error => ({
      code: requestFaults[fault.code].status,
      msg: fault.message,
      traceID: traceId,
    }))
    return endText(cutShort === undefined ? errors : [...errors, { msg: cutShort }])
  }
  return reply
    .type('application/json')
    .send(Readable.from(dataText(store, traceIds, end), { objectMode: false }))
}

const endText = (errors: readonly V1Error[]): string =>
  `,"total":0,"limit":0,"offset":0,"errors":${errors.length === 0 ? 'null' : JSON.stringify(errors)}}`

function askedTraceId({ params, query }: FastifyRequest): string {
  const { id = '' } = { id: undefined, ...Object(params) }
  const traceId = traceIdOrBase64Of(String(id))
  if (traceId === undefined) throw refused('the trace id', String(id), 'it must be up to 32 hex digits')
  new Parameters(query).flag('raw')
  return traceId
}

export function refuse({ code, message }: RequestFault, reply: FastifyReply): FastifyReply {
  const { status } = requestFaults[code]
  const errors: V1Error[] = [{ code: status, msg: message }]
  return reply.code(status).send({ data: null, total: 0, limit: 0, offset: 0, errors })
}
