// Calls of Jaeger's gRPC service, on the listener that also takes OTLP. In: a stream of HTTP/2 whose path is one of its
// methods; out: messages and a status. Needs a key that may read. A caller that goes away gives its question up.
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { FastifyBaseLogger } from 'fastify'
import type { KeyRing } from '../access/key-ring.ts'
import { observeCall } from '../asked/observed-requests.ts'
import type { RequestObserver } from '../asked/observed-requests.ts'
import { RequestFault } from '../faults.ts'
import { unpackedBody } from '../receive/body.ts'
import { dropRest, readMessage } from '../receive/grpc-call.ts'
import type { GrpcService } from '../receive/grpc-listener.ts'
import { sendMessages } from '../receive/grpc-stream.ts'
import type { Receiver } from '../receive/receiver.ts'
import { StoreFault } from '../store/store.ts'
import { createGrpcMethods, serviceName } from './grpc-service.ts'
import type { Method } from './grpc-service.ts'
import type { JaegerParts } from './queries.ts'

/** A search with a thousand attributes is smaller. */
const requestBytesMax = 64 * 1024

export type JaegerGrpcParts = JaegerParts & {
  keys: Pick<KeyRing, 'grantOf'>
  receiver: Pick<Receiver, 'openLease'>
  observers: readonly RequestObserver[]
  log: FastifyBaseLogger
}

export function createJaegerService(parts: JaegerGrpcParts): GrpcService {
  const methods = createGrpcMethods(parts)
  return {
    name: serviceName,
    answererOf(path) {
      const method = methods.get(path)
      return method && ((stream, headers) => answer(stream, headers, method, parts))
    },
  }
}

async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  method: Method,
  { keys, receiver, observers, log }: JaegerGrpcParts,
): Promise<void> {
  const gone = new AbortController()
  stream.once('close', () => gone.abort())
  async function* messages(refusal: RequestFault | undefined): AsyncGenerator<Buffer> {
    if (refusal !== undefined) throw refusal
    keys.grantOf(headers, 'read')
    yield* method(await requestOf(stream, headers, receiver), gone.signal)
  }
  const { socket } = stream.session ?? {}
  const call = {
    route: (headers[':path'] ?? '').slice(1),
    parameters: {},
    headers,
    address: socket?.remoteAddress ?? '',
    secure: stream.session?.encrypted === true,
  }
  await observeCall(call, observers, async (refusal) => {
    const status = await sendMessages(stream, messages(refusal), (error) => faultOf(error, gone.signal, log))
    return { status, brokenOff: status === undefined }
  })
}

async function requestOf(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  receiver: Pick<Receiver, 'openLease'>,
): Promise<Buffer> {
  const lease = receiver.openLease()
  try {
    const small = { ...lease, requestBytesMax }
    const { bytes, coding } = await readMessage(stream, headers, small)
    return await unpackedBody(bytes, coding, small)
  } catch (error) {
    dropRest(stream)
    throw error
  } finally {
    lease.free()
  }
}

function faultOf(error: unknown, gone: AbortSignal, log: FastifyBaseLogger): RequestFault {
  if (error instanceof RequestFault) return error
  if (error instanceof StoreFault) return new RequestFault(error.code, error.message, { cause: error })
  if (!gone.aborted) log.error({ err: error }, 'a gRPC query failed')
  return new RequestFault('internal', 'this is a fault of probespan: its log says more.', { cause: error })
}
