// OTLP over gRPC: a server for the Export calls of the three signals, on HTTP/2 as Node has it. A library's server
// would read a whole message, and unpack it, before anyone could refuse it or count its bytes, and knows no zstd.
import { once } from 'node:events'
import { constants, createSecureServer, createServer } from 'node:http2'
import type {
  Http2SecureServer,
  Http2Server,
  IncomingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
} from 'node:http2'
import type { FastifyBaseLogger } from 'fastify'
import { rpcCodes } from '../faults.ts'
import { closeGraceMs, connectionsMax, grpcIdleMs, streamsMax } from '../limits.ts'
import { successAnswer } from './answer.ts'
import { dropRest, isGrpc, readMessage, sendAnswer, sendFault, sendStatus } from './grpc-call.ts'
import type { Tls } from '../listen/tls.ts'
import type { Receiver, Signal } from './receiver.ts'

const signals: Readonly<Record<string, Signal>> = {
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export': 'traces',
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export': 'metrics',
  '/opentelemetry.proto.collector.logs.v1.LogsService/Export': 'logs',
}

// Of data that a sender may have under way unread: HTTP/2's 64 KiB would let one stream carry 6 MB/s at 10 ms away.
const streamWindowBytes = 2 ** 20
const sessionWindowBytes = 4 * 2 ** 20
const headerBytesMax = 16 * 1024

export type GrpcListener = {
  server: Http2Server | Http2SecureServer
  /** Takes no new calls, answers those under way, at most `closeGraceMs` long. */
  close(): Promise<void>
}

export function createGrpcListener(
  receiver: Receiver,
  tls: Tls | undefined,
  log: FastifyBaseLogger,
): GrpcListener {
  const options = {
    settings: {
      initialWindowSize: streamWindowBytes,
      maxConcurrentStreams: streamsMax,
      maxHeaderListSize: headerBytesMax,
    },
  }
  const secure = tls && createSecureServer({ ...options, ...tls.options })
  if (secure) tls.follow(secure)
  const server = secure ?? createServer(options)
  server.maxConnections = connectionsMax
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => {
    session.setLocalWindowSize(sessionWindowBytes)
    session.setTimeout(grpcIdleMs, () => session.close())
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  // Such as a request of HTTP/1, whose sender means the other port.
  server.on('sessionError', (error: Error) => log.info({ err: error }, 'a gRPC connection failed'))
  server.on('stream', (stream, headers) => {
    answerCall(stream, headers, receiver).catch((error: unknown) => {
      // Its sender is told by the broken stream; the others' calls go on.
      log.error({ err: error }, 'a gRPC call could not be answered')
      stream.close(constants.NGHTTP2_INTERNAL_ERROR)
    })
  })
  return {
    server,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const session of sessions) session.close()
      const timer = setTimeout(() => {
        for (const session of sessions) session.destroy()
      }, closeGraceMs)
      await closed
      clearTimeout(timer)
    },
  }
}

async function answerCall(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  receiver: Receiver,
): Promise<void> {
  // A caller that goes away is seen by reading; nobody else needs to know.
  stream.on('error', () => {})
  if (!isGrpc(headers)) {
    dropRest(stream)
    stream.respond({ ':status': constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE }, { endStream: true })
    return
  }
  const path = headers[':path'] ?? ''
  const signal = Object.hasOwn(signals, path) ? signals[path] : undefined
  if (signal === undefined) {
    sendStatus(stream, rpcCodes.unimplemented, `${path} is no method of this service`)
    return
  }
  const lease = receiver.openLease()
  try {
    const answer = await answerOf(signal, stream, headers, receiver, lease)
    if (!stream.destroyed && !stream.closed) sendAnswer(stream, answer)
  } catch (error) {
    const fault = receiver.refusal(error)
    if (!stream.destroyed && !stream.closed) sendFault(stream, fault)
  } finally {
    lease.free()
  }
}

async function answerOf(
  signal: Signal,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  receiver: Receiver,
  lease: ReturnType<Receiver['openLease']>,
): Promise<Buffer> {
  const grant = receiver.admit(headers)
  if (signal !== 'traces') {
    dropRest(stream)
    receiver.discard(signal)
    return successAnswer('protobuf', undefined).body
  }
  const message = await readMessage(stream, headers, lease)
  const body = { ...message, encoding: 'protobuf', resourceSpansNeeded: false } as const
  const { partialSuccess } = await receiver.takeTraces(body, grant, lease)
  return successAnswer('protobuf', partialSuccess).body
}
