// `/api/v2/traces/{id}` and `/api/traces/{id}`: one whole trace, as protobuf or JSON. `start` and `end` are taken and make
// no difference: the trace is found without them, and never cut.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RequestFault } from '../faults.ts'
import { Parameters, refused } from '../go-values/parameters.ts'
import { traceIdOf } from '../go-values/trace-id.ts'
import { sendJson, sendProtobuf, wantsProtobuf } from './answer.ts'
import { searchRange } from './range-parameters.ts'
import type { TempoParts } from './routes.ts'
import { batchesJson, traceByIdJson, traceByIdProtobuf } from './trace-answer.ts'

export async function traceRoutes(app: FastifyInstance, { store }: TempoParts): Promise<void> {
  app.get('/api/v2/traces/:id', async (request, reply) => {
    const traceId = askedTraceId(request)
    const filter = new Parameters(request.query).text('q')
    if (filter !== undefined)
      throw refused('q', filter, 'a trace is given whole here, search for spans with /api/search')
    if (wantsProtobuf(request)) {
      return sendProtobuf(reply, traceByIdProtobuf(found(traceId, await store.traceBytes(traceId))))
    }
    const trace = found(traceId, await store.traceJson(traceId, 'tempo'))
    return sendJson(reply, traceByIdJson(trace, trace.length))
  })
}

export async function traceV1Route(app: FastifyInstance, { store, keys }: TempoParts): Promise<void> {
  app.get('/api/traces/:id', async (request, reply) => {
    keys.grantOf(request.headers, 'read')
    const traceId = askedTraceId(request)
    if (wantsProtobuf(request)) return sendProtobuf(reply, found(traceId, await store.traceBytes(traceId)))
    return sendJson(reply, batchesJson(found(traceId, await store.traceJson(traceId, 'tempo'))))
  })
}

function askedTraceId({ params, query }: FastifyRequest): string {
  searchRange(new Parameters(query))
  const { id = '' } = { id: undefined, ...Object(params) }
  const traceId = traceIdOf(String(id))
  if (traceId === undefined) throw refused('the trace id', String(id), 'it must be up to 32 hex digits')
  return traceId
}

function found(traceId: string, trace: Buffer | undefined): Buffer {
  if (trace !== undefined) return trace
  throw new RequestFault('trace_unknown', `trace ${traceId} not found`)
}
