// OTLP over gRPC: a server for the Export calls of the three signals and for health checks, on HTTP/2 as Node has it. A library's server
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
import type { Health } from '../health.ts'
import { closeGraceMs, connectionsMax, grpcIdleMs, streamsMax } from '../limits.ts'
import { successAnswer } from './answer.ts'
import { unpackedBody } from './body.ts'
import { dropRest, isGrpc, readMessage, sendAnswer, sendFault, sendStatus } from './grpc-call.ts'
import { healthAnswer, healthMethod, healthRequestBytesMax } from './grpc-health.ts'
import type { Tls } from '../listen/tls.ts'
import type { Lease } from './admission.ts'
import type { Receiver, Signal } from './receiver.ts'

const signals: Readonly<Record<string, Signal>> = {
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export': 'traces',
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export': 'metrics',
  '/opentelemetry.proto.collector.logs.v1.LogsService/Export': 'logs',
}

const otlpServices = Object.keys(signals).map((path) => path.split('/')[1] ?? '')

// Of data that a sender may have under way unread: HTTP/2's 64 KiB would let one stream carry 6 MB/s at 10 ms away.
const streamWindowBytes = 2 ** 20
const sessionWindowBytes = 4 * 2 ** 20
const headerBytesMax = 16 * 1024

export type GrpcListener = {
  server: Http2Server | Http2SecureServer
  /** Takes no new calls, answers those under way, at most `closeGraceMs` long. */
  close(): Promise<void>
}

/** Other services than OTLP's on the same port: each answers its calls itself, and does not reject. */
export type GrpcService = {
  name: string
  answererOf(
    path: string,
  ): ((stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => Promise<void>) | undefined
}

export type GrpcParts = {
  receiver: Receiver
  services: readonly GrpcService[]
  health: Pick<Health, 'unreadiness'>
  /** Undefined: plain HTTP/2. */
  tls: Tls | undefined
  log: FastifyBaseLogger
}

export function createGrpcListener({ receiver, services, health, tls, log }: GrpcParts): GrpcListener {
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
    answerCall(stream, headers, { receiver, services, health }).catch((error: unknown) => {
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

type Serving = Pick<GrpcParts, 'receiver' | 'services' | 'health'>
type Call = { stream: ServerHttp2Stream; headers: IncomingHttpHeaders; lease: Lease }

async function answerCall(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  serving: Serving,
): Promise<void> {
  // A caller that goes away is seen by reading; nobody else needs to know.
  stream.on('error', () => {})
  if (!isGrpc(headers)) {
    dropRest(stream)
    stream.respond({ ':status': constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE }, { endStream: true })
    return
  }
  const path = headers[':path'] ?? ''
  const answer = answererOf(path)
  if (answer === undefined) return answerElsewhere(path, stream, headers, serving)
  const { receiver } = serving
  const lease = receiver.openLease()
  try {
    const message = await answer({ stream, headers, lease }, serving)
    if (!stream.destroyed && !stream.closed) sendAnswer(stream, message)
  } catch (error) {
    const fault = receiver.refusal(error)
    if (!stream.destroyed && !stream.closed) sendFault(stream, fault)
  } finally {
    lease.free()
  }
}

async function answerElsewhere(
  path: string,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { services }: Serving,
): Promise<void> {
  for (const service of services) {
    const answer = service.answererOf(path)
    if (answer !== undefined) return answer(stream, headers)
  }
  sendStatus(stream, rpcCodes.unimplemented, `${path} is no method of this service`)
}

type Answerer = (call: Call, serving: Serving) => Promise<Buffer>

function answererOf(path: string): Answerer | undefined {
  if (path === healthMethod) return checkHealth
  const signal = Object.hasOwn(signals, path) ? signals[path] : undefined
  return signal && ((call, { receiver }) => takeSignal(signal, call, receiver))
}

async function checkHealth({ stream, headers, lease }: Call, { services, health }: Serving): Promise<Buffer> {
  // Asked without a key: nobody may hold memory by it.
  const small = { ...lease, requestBytesMax: healthRequestBytesMax }
  const { bytes, coding } = await readMessage(stream, headers, small)
  const names = [...otlpServices, ...services.map(({ name }) => name)]
  return healthAnswer(await unpackedBody(bytes, coding, small), names, health)
}

async function takeSignal(
  signal: Signal,
  { stream, headers, lease }: Call,
  receiver: Receiver,
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
