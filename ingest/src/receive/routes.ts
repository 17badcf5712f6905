// OTLP over HTTP: the paths, and how requests are read and answered there. Errors leave as google.rpc.Status in the
// request's encoding, with Retry-After where the sender should come again.
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { requestFaults, RequestFault, retryAfterMsOf } from '../faults.ts'
import { acceptedAnswer, statusAnswer, successAnswer } from './answer.ts'
import type { Answer } from './answer.ts'
import { bodyTooLarge, readBody } from './body.ts'
import { encodingOf, unsupportedType } from './content.ts'
import type { Encoding } from './content.ts'
import { allowOrigins } from './cors.ts'
import type { Receiver } from './receiver.ts'

/** The standard path, and those of the dashboard whose senders can be pointed here as they are. */
export const tracePaths = ['/v1/traces', '/api/traces/otlp', '/api/traces/otlp/v1/traces'] as const
export const discardedPaths = {
  metrics: ['/v1/metrics', '/api/traces/otlp/v1/metrics'],
  logs: ['/v1/logs', '/api/traces/otlp/v1/logs'],
} as const
/** All that senders post to. */
export const otlpPaths: readonly string[] = [...tracePaths, ...discardedPaths.metrics, ...discardedPaths.logs]

export type ReceiveParts = {
  receiver: Receiver
  /** Of web pages that may send; none: only programs do. */
  corsOrigins: readonly string[]
}

export async function receiveRoutes(
  app: FastifyInstance,
  { receiver, corsOrigins }: ReceiveParts,
): Promise<void> {
  allowOrigins(app, corsOrigins, [...tracePaths, ...discardedPaths.metrics, ...discardedPaths.logs])
  app.removeAllContentTypeParsers()
  // Bodies are read by the routes themselves, which look at the key first and bound them.
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.setErrorHandler(async (error, request, reply) => {
    // Refused in the middle of being read: the rest is read and dropped, so that the answer reaches the sender.
    request.raw.resume()
    return refuse(receiver.refusal(knownFault(error, request)), request, reply)
  })
  for (const url of tracePaths) {
    app.post(url, { childLoggerFactory: sameLogger }, async (request, reply) =>
      send(reply, await receiveTraces(request, url, receiver)),
    )
  }
  for (const signal of ['metrics', 'logs'] as const) {
    for (const url of discardedPaths[signal]) {
      app.post(url, async (request, reply) => {
        receiver.admit(request.headers)
        const encoding = knownEncodingOf(request)
        request.raw.resume()
        receiver.discard(signal)
        return send(reply, successAnswer(encoding, undefined))
      })
    }
  }
}

/** Nothing is logged of a single request here, and a logger for each costs as much as its head. */
const sameLogger = (logger: FastifyBaseLogger): FastifyBaseLogger => logger

async function receiveTraces(
  request: FastifyRequest,
  path: (typeof tracePaths)[number],
  receiver: Receiver,
): Promise<Answer> {
  const grant = receiver.admit(request.headers)
  const encoding = knownEncodingOf(request)
  const dashboardPath = path !== '/v1/traces'
  const lease = receiver.openLease()
  try {
    // Told at once, where the sender says it beforehand.
    if (Number(request.headers['content-length'] ?? 0) > lease.requestBytesMax) throw bodyTooLarge(lease)
    const body = {
      bytes: await readBody(request.raw, lease),
      coding: request.headers['content-encoding'],
      encoding,
      // On /v1/traces an empty request succeeds, as OTLP says; the dashboard's paths have always refused it.
      resourceSpansNeeded: dashboardPath,
    }
    const { spanCount, partialSuccess } = await receiver.takeTraces(body, grant, lease)
    return encoding === 'json' && dashboardPath
      ? acceptedAnswer(spanCount, partialSuccess)
      : successAnswer(encoding, partialSuccess)
  } finally {
    lease.free()
  }
}

function knownEncodingOf({ headers }: FastifyRequest): Encoding {
  const encoding = encodingOf(headers)
  if (encoding === undefined) throw unsupportedType(headers)
  return encoding
}

/** For paths that are none of OTLP's, on the listener that is for OTLP alone. */
export function unknownOtlpPath(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  request.raw.resume()
  const message = `${request.method} ${request.url.split('?')[0]} is no path of OTLP: traces go to POST /v1/traces.`
  return refuse(new RequestFault('path_unknown', message), request, reply)
}

/** What Fastify refuses by itself, in our words. */
function knownFault(error: unknown, request: FastifyRequest): unknown {
  if (!(error instanceof Error) || error instanceof RequestFault) return error
  const code = 'code' in error ? error.code : undefined
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return unsupportedType(request.headers)
  const status = 'statusCode' in error ? Number(error.statusCode) : 500
  return status >= 400 && status < 500 ? new RequestFault('body_undecodable', String(error)) : error
}

function refuse(fault: RequestFault, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, rpc } = requestFaults[fault.code]
  // A sender of neither encoding most likely is a person with curl: JSON.
  const encoding = encodingOf(request.headers) ?? 'json'
  const retryAfterMs = retryAfterMsOf(fault)
  if (retryAfterMs !== undefined) void reply.header('retry-after', String(Math.ceil(retryAfterMs / 1000)))
  // What may still come of it is not waited for.
  if (status === 408) void reply.header('connection', 'close')
  if (status === 401) void reply.header('www-authenticate', 'Bearer')
  return send(reply.code(status), statusAnswer(encoding, rpc, fault.message))
}

function send(reply: FastifyReply, { contentType, body }: Answer): FastifyReply {
  return reply.header('content-type', contentType).send(body)
}
