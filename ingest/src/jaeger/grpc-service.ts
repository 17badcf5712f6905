// jaeger.api_v3.QueryService: its methods by path, each from the request's message to the answer's, one or a stream. Whole
// traces leave in chunks that the usual client takes. Throw RequestFault and StoreFault.
import type protobuf from 'protobufjs'
import { noteParameters } from '../asked/request-record.ts'
import { RequestFault } from '../faults.ts'
import { protobufOf } from '../go-values/message.ts'
import { traceIdOf } from '../go-values/trace-id.ts'
import { decodedOf, textOf } from '../otlp/decoded.ts'
import type { Decoded } from '../otlp/decoded.ts'
import { splitSpans } from '../otlp/regroup.ts'
import { createJaegerQueries, unknownTrace } from './queries.ts'
import type { JaegerParts } from './queries.ts'
import { grpcRange, grpcSearch } from './grpc-request.ts'
import {
  dependenciesResponseType,
  findTracesRequestType,
  findTraceSummariesResponseType,
  getDependenciesRequestType,
  getOperationsRequestType,
  getOperationsResponseType,
  getServicesResponseType,
  getTraceRequestType,
} from './schema.ts'
import { summariesMessage } from './summaries.ts'

export const serviceName = 'jaeger.api_v3.QueryService'

/** Clients of gRPC take 4 MiB at most, unless they are told otherwise. */
const chunkBytesMax = 3 * 2 ** 20
/** Of summaries in one message: some 300 bytes each. */
const summariesPerChunk = 500

export type Method = (request: Buffer, signal: AbortSignal) => AsyncGenerator<Buffer>

export function createGrpcMethods(parts: JaegerParts): ReadonlyMap<string, Method> {
  const { store } = parts
  const queries = createJaegerQueries(parts)

  async function* traceChunks(traceId: string): AsyncGenerator<Buffer> {
    const trace = await store.traceBytes(traceId)
    if (trace === undefined) return
    if (trace.length <= chunkBytesMax) yield trace
    else for (const { body } of splitSpans(trace, Number.POSITIVE_INFINITY, chunkBytesMax)) yield body
  }

  const methods: Record<string, Method> = {
    async *GetTrace(request) {
      const text = textOf(decoded(getTraceRequestType, request)['traceId'])
      const traceId = traceIdOf(text)
      if (traceId === undefined) {
        throw invalid(`trace_id is ${JSON.stringify(text)}: it must be up to 32 hex digits.`)
      }
      let isFound = false
      for await (const chunk of traceChunks(traceId)) {
        isFound = true
        yield chunk
      }
      if (!isFound) throw unknownTrace(traceId)
    },
    async *FindTraces(request, signal) {
      const found = await queries.search(grpcSearch(decoded(findTracesRequestType, request)), signal)
      for (const { summary } of found.traces) {
        signal.throwIfAborted()
        yield* traceChunks(summary.traceId)
      }
    },
    async *FindTraceSummaries(request, signal) {
      const { traces } = await queries.search(grpcSearch(decoded(findTracesRequestType, request)), signal)
      for (let from = 0; from < traces.length; from += summariesPerChunk) {
        const some = traces.slice(from, from + summariesPerChunk)
        const orphans = await store.orphanCounts(some.map(({ summary }) => summary.traceId))
        yield protobufOf(findTraceSummariesResponseType, summariesMessage(some, orphans))
      }
    },
    async *GetServices() {
      yield protobufOf(getServicesResponseType, { services: await queries.services() })
    },
    async *GetOperations(request) {
      const { service, spanKind } = decoded(getOperationsRequestType, request)
      const operations = await queries.operations(textOf(service), textOf(spanKind), '')
      yield protobufOf(getOperationsResponseType, { operations })
    },
    async *GetDependencies(request) {
      const range = grpcRange(decoded(getDependenciesRequestType, request))
      yield protobufOf(dependenciesResponseType, { dependencies: await queries.dependencies(range) })
    },
  }
  return new Map(Object.entries(methods).map(([name, method]) => [`/${serviceName}/${name}`, method]))
}

function decoded(type: protobuf.Type, message: Buffer): Decoded {
  try {
    const parameters = decodedOf(type.decode(message))
    noteParameters(parameters)
    return parameters
  } catch (error) {
    throw new RequestFault('body_undecodable', `the message is no ${type.name}.`, { cause: error })
  }
}

const invalid = (words: string): RequestFault => new RequestFault('parameter_invalid', words)
