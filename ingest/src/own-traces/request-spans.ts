// A request of the API as spans: one of the request, by OpenTelemetry's conventions for HTTP and RPC servers, and in it
// one for each question that was put to the store. In: what was observed of it; out: ended spans of the tracer. No query
// and no header but the client's own name: those may hold what should not be stored for a week.
import { defaultTextMapGetter, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Attributes, Context, Tracer } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_RPC_METHOD,
  ATTR_RPC_STATUS_CODE,
  ATTR_RPC_SYSTEM_NAME,
  ATTR_URL_PATH,
  ATTR_URL_SCHEME,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions'
import type { ObservedRequest, RequestEnd } from '../asked/observed-requests.ts'
import type { AskedQuestion } from '../asked/request-record.ts'
import { shownPath } from '../asked/shown-path.ts'

export type RequestSpanParts = {
  tracer: Tracer
  keys: { isKey(text: string): boolean; nameOf(headers: ObservedRequest['headers']): string | undefined }
}

const traceContext = new W3CTraceContextPropagator()
const userAgentMax = 256
const grpcNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const
/** The server's own faults, as the conventions have them. */
const grpcFaults: readonly string[] = [
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]

/** `startUnixMs` is the request's `startMs` by the time of the day. */
export function addRequestSpans(
  { tracer, keys }: RequestSpanParts,
  request: ObservedRequest,
  end: RequestEnd,
  startUnixMs: number,
): void {
  const unixMs = (nowMs: number): number => startUnixMs + (nowMs - request.startMs)
  const parent = traceContext.extract(ROOT_CONTEXT, headersOf(request), defaultTextMapGetter)
  const name = request.protocol === 'http' ? `${request.method} ${request.route}` : request.route
  const options = {
    kind: SpanKind.SERVER,
    startTime: startUnixMs,
    attributes: attributesOf(request, end, keys),
  }
  const span = tracer.startSpan(name, options, parent)
  if (span.isRecording()) {
    const within = trace.setSpan(parent, span)
    for (const question of request.record.questions) addQuestion(tracer, question, within, unixMs)
    const fault = faultOf(request, end)
    if (fault !== undefined) {
      span.setAttribute(ATTR_ERROR_TYPE, fault)
      span.setStatus({ code: SpanStatusCode.ERROR })
    }
  }
  span.end(unixMs(end.endMs))
}

function attributesOf(request: ObservedRequest, end: RequestEnd, keys: RequestSpanParts['keys']): Attributes {
  const { status, brokenOff } = end
  const key = keys.nameOf(request.headers)
  const { questionsMore } = request.record
  const ofProtocol: Attributes =
    request.protocol === 'http'
      ? {
          [ATTR_HTTP_REQUEST_METHOD]: request.method,
          [ATTR_HTTP_ROUTE]: request.route,
          [ATTR_URL_SCHEME]: request.secure ? 'https' : 'http',
          [ATTR_URL_PATH]: shownPath(request.path, keys),
          ...(status !== undefined && { [ATTR_HTTP_RESPONSE_STATUS_CODE]: status }),
        }
      : {
          [ATTR_RPC_SYSTEM_NAME]: 'grpc',
          [ATTR_RPC_METHOD]: request.route,
          ...(status !== undefined && { [ATTR_RPC_STATUS_CODE]: grpcNames[status] ?? String(status) }),
        }
  return {
    ...ofProtocol,
    [ATTR_CLIENT_ADDRESS]: request.address,
    [ATTR_USER_AGENT_ORIGINAL]: request.headers['user-agent']?.slice(0, userAgentMax),
    ...(key !== undefined && { 'probespan.key.name': key }),
    ...(brokenOff && { 'probespan.broken_off': true }),
    ...(questionsMore > 0 && { 'probespan.questions.more': questionsMore }),
  }
}

function faultOf({ protocol }: ObservedRequest, { status }: RequestEnd): string | undefined {
  if (status === undefined) return undefined
  if (protocol === 'http') return status >= 500 ? String(status) : undefined
  const name = grpcNames[status] ?? String(status)
  return grpcFaults.includes(name) ? name : undefined
}

function addQuestion(
  tracer: Tracer,
  question: AskedQuestion,
  within: Context,
  unixMs: (nowMs: number) => number,
): void {
  const { kind, startMs, endMs, waitMs, readMs, blocksInspected, spansInspected, returned } = question
  const attributes = {
    'probespan.question': kind,
    'probespan.wait_ms': waitMs,
    'probespan.read_ms': readMs,
    'probespan.blocks.inspected': blocksInspected,
    'probespan.spans.inspected': spansInspected,
    'probespan.returned': returned,
    'probespan.cut_short': question.cutShort,
  }
  const span = tracer.startSpan(`store ${kind}`, { startTime: unixMs(startMs), attributes }, within)
  if (question.failure !== undefined) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: question.failure })
  }
  span.end(unixMs(endMs))
}

function headersOf({ headers }: ObservedRequest): Record<string, string> {
  const { traceparent, tracestate } = headers
  return {
    ...(typeof traceparent === 'string' && { traceparent }),
    ...(typeof tracestate === 'string' && { tracestate }),
  }
}
