// OTLP over HTTP: the paths, and a request's way from bytes to an answer. A trace request is answered 200 when its
// spans are durable; metrics and logs are answered as accepted, counted and not kept (Beyla posts metrics whatever
// it is told). Errors leave as google.rpc.Status in the request's encoding.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Counters } from '../counters.ts'
import { RequestFault, requestFaults } from '../faults.ts'
import { requestBytesMax, retryAfterSeconds } from '../limits.ts'
import { TooManyParts, UndecodableBody } from '../otlp/frames.ts'
import { protobufFromJson } from '../otlp/json.ts'
import { StoreFault } from '../store/store.ts'
import type { Store } from '../store/store.ts'
import { acceptedAnswer, statusAnswer, successAnswer } from './answer.ts'
import type { Answer, PartialSuccess } from './answer.ts'
import { bodyTooLarge, contentTypes, encodingOf, plainBody, unsupportedType } from './content.ts'
import type { Encoding } from './content.ts'
import { intakeOf } from './intake.ts'
import type { KeyCheck } from '../key.ts'

export const tracePaths = ['/v1/traces', '/api/traces/otlp', '/api/traces/otlp/v1/traces'] as const
const otherPaths = {
  metricsDiscarded: ['/v1/metrics', '/api/traces/otlp/v1/metrics'],
  logsDiscarded: ['/v1/logs', '/api/traces/otlp/v1/logs'],
} as const

export type ReceiveParts = { store: Store; counters: Counters; checkKey: KeyCheck; enabled: boolean }

export async function receiveRoutes(app: FastifyInstance, parts: ReceiveParts): Promise<void> {
  const { counters, checkKey, enabled } = parts
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    Object.keys(contentTypes),
    { parseAs: 'buffer', bodyLimit: requestBytesMax },
    (_request, body, done) => done(null, body),
  )
  // Before the body is read: who may not send it need not.
  app.addHook('onRequest', async (request) => {
    checkKey(request.headers)
    if (!enabled) throw disabled()
    if (encodingOf(request.headers) === undefined) throw unsupportedType(request.headers)
  })
  app.setErrorHandler(async (error, request, reply) => {
    counters.requestsRefused++
    return refuse(faultOf(error, request), request, reply)
  })
  for (const url of tracePaths) {
    app.post(url, async (request, reply) => send(reply, await receiveTraces(request, url, parts)))
  }
  for (const counter of ['metricsDiscarded', 'logsDiscarded'] as const) {
    for (const url of otherPaths[counter]) {
      app.post(url, async (request, reply) => {
        counters[counter]++
        return send(reply, successAnswer(encodingOf(request.headers) ?? 'protobuf', undefined))
      })
    }
  }
}

async function receiveTraces(
  request: FastifyRequest,
  path: (typeof tracePaths)[number],
  { store, counters }: ReceiveParts,
): Promise<Answer> {
  const encoding = encodingOf(request.headers) ?? 'protobuf'
  const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  const plain = await plainBody(request.headers, raw)
  const { batch, rejectedSpans, rejection } = intakeOf(otlpBytes(plain, encoding, path))
  if (batch.spanCount > 0) await store.append(batch)
  counters.requestsAccepted++
  counters.spansStored += batch.spanCount
  counters.spansRejected += rejectedSpans
  const partial: PartialSuccess = rejectedSpans === 0 ? undefined : { rejectedSpans, errorMessage: rejection }
  return encoding === 'json' && path !== '/v1/traces'
    ? acceptedAnswer(batch.spanCount, partial)
    : successAnswer(encoding, partial)
}

function otlpBytes(plain: Buffer, encoding: Encoding, path: (typeof tracePaths)[number]): Buffer {
  if (encoding === 'protobuf') return plain
  const { body, hasResourceSpans } = protobufFromJson(plain.toString('utf8'))
  // On /v1/traces an empty request succeeds, as OTLP says; the other paths have always refused it.
  if (!hasResourceSpans && path !== '/v1/traces') {
    throw new RequestFault(
      'body_undecodable',
      'the body has no resourceSpans: send an ExportTraceServiceRequest.',
    )
  }
  return body
}

function disabled(): RequestFault {
  return new RequestFault(
    'ingestion_disabled',
    'this service takes no traces: TRACES_INGESTION_ENABLED is false. Set it to true and restart.',
  )
}

function faultOf(error: unknown, request: FastifyRequest): RequestFault {
  if (error instanceof RequestFault) return error
  if (error instanceof UndecodableBody)
    return new RequestFault('body_undecodable', `the body is ${error.message}.`)
  if (error instanceof TooManyParts) {
    return new RequestFault('body_too_large', `${error.message}: send fewer spans in one request.`)
  }
  if (error instanceof StoreFault) {
    if (error.code === 'store_failed') request.log.error({ err: error }, 'a commit failed')
    return new RequestFault(error.code, error.message, { cause: error })
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return bodyTooLarge()
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return unsupportedType(request.headers)
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status >= 400 && status < 500) return new RequestFault('body_undecodable', String(error))
  request.log.error({ err: error }, 'a request failed')
  return new RequestFault('internal', 'this is a fault of probespan: its log says more.', { cause: error })
}

function refuse(fault: RequestFault, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, rpc } = requestFaults[fault.code]
  // A sender of neither encoding most likely is a person with curl: JSON.
  const encoding = encodingOf(request.headers) ?? 'json'
  if (status === 503) void reply.header('retry-after', String(retryAfterSeconds))
  if (status === 401) void reply.header('www-authenticate', 'Bearer')
  return send(reply.code(status), statusAnswer(encoding, rpc, fault.message))
}

function send(reply: FastifyReply, { contentType, body }: Answer): FastifyReply {
  return reply.header('content-type', contentType).send(body)
}
