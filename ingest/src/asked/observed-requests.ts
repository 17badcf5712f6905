// Tells those who want to know (the audit, ingest's own traces) of each request of the API: when it comes, and when it
// is answered or broken off. One hook for all routes, so that a new one cannot be forgotten; left out is what asks
// nothing of the spans: health, metrics, the page's files, and senders' own requests.
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RequestFault } from '../faults.ts'
import { otlpPaths } from '../receive/routes.ts'
import { emptyRecord, withRecord } from './request-record.ts'
import type { RequestRecord } from './request-record.ts'

export type ObservedRequest = {
  protocol: 'http' | 'grpc'
  /** Of HTTP. */
  method: string
  /** The route's template; over gRPC `service/method`. */
  route: string
  path: string
  /** As they were sent. */
  parameters: Readonly<Record<string, unknown>>
  headers: IncomingHttpHeaders
  /** The client's, or of the proxy before us. */
  address: string
  secure: boolean
  /** Unix milliseconds, and the same moment by `performance.now()`. */
  atUnixMs: number
  startMs: number
  record: RequestRecord
  /** It goes on until its client leaves, as a live tail does. */
  isLasting: boolean
}

export type RequestEnd = {
  /** HTTP status, over gRPC its code; undefined where the client went away before it had one. */
  status: number | undefined
  endMs: number
  /** The client went away before it had the answer. */
  brokenOff: boolean
}

export type RequestObserver = {
  /** Throws RequestFault where the request may not be answered. */
  begin(request: ObservedRequest): void
  /** It may go on, and will for long. */
  last(request: ObservedRequest): void
  end(request: ObservedRequest, end: RequestEnd): void
}

/** `/*` and `/` are the page. */
const unobserved = new Set<string>([
  '/healthz',
  '/readyz',
  '/metrics',
  '/api/openapi.json',
  '/*',
  '/',
  ...otlpPaths,
])

type UnderWay = { observed: ObservedRequest; observers: readonly RequestObserver[] }
const underWay = new WeakMap<FastifyRequest, UnderWay>()

/** For a route whose answer begins now and ends when its client leaves. */
export function lastingRequest(request: FastifyRequest): void {
  const known = underWay.get(request)
  if (known === undefined) return
  known.observed.isLasting = true
  for (const observer of known.observers) observer.last(known.observed)
}

/** Before any route is added. */
export function observeRequests(app: FastifyInstance, observers: readonly RequestObserver[]): void {
  if (observers.length === 0) return
  app.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url
    if (route === undefined || unobserved.has(route)) return done()
    const observed = observedOf(request, route)
    const { raw } = reply
    // Also where the client goes away in the middle.
    raw.once('close', () => {
      const status = raw.headersSent ? raw.statusCode : undefined
      const end = { status, endMs: performance.now(), brokenOff: !raw.writableFinished }
      for (const observer of observers) observer.end(observed, end)
    })
    underWay.set(request, { observed, observers })
    const refusal = refusalOf(observed, observers)
    if (refusal !== undefined) done(refusal)
    else withRecord(observed.record, done)
  })
  // Reading a body leaves the way that promises follow.
  app.addHook('preHandler', (request, _reply, done) => {
    const known = underWay.get(request)
    if (known === undefined) done()
    else withRecord(known.observed.record, done)
  })
}

function observedOf(request: FastifyRequest, route: string): ObservedRequest {
  return {
    protocol: 'http',
    method: request.method,
    route,
    path: request.url.split('?', 1)[0] ?? '',
    parameters: { ...Object(request.params), ...Object(request.query) },
    headers: request.headers,
    address: request.ip,
    secure: request.protocol === 'https',
    atUnixMs: Date.now(),
    startMs: performance.now(),
    record: emptyRecord(),
    isLasting: false,
  }
}

export type ObservedCall = Pick<ObservedRequest, 'route' | 'parameters' | 'headers' | 'address' | 'secure'>

/** What the caller was given: a code of gRPC. */
export type CallEnd = { status: number | undefined; brokenOff: boolean }

/** A call over gRPC. `answer` refuses it where it gets a reason to; it must not reject. */
export async function observeCall(
  call: ObservedCall,
  observers: readonly RequestObserver[],
  answer: (refusal: RequestFault | undefined) => Promise<CallEnd>,
): Promise<void> {
  const observed: ObservedRequest = {
    protocol: 'grpc',
    method: 'POST',
    path: `/${call.route}`,
    ...call,
    atUnixMs: Date.now(),
    startMs: performance.now(),
    record: emptyRecord(),
    isLasting: false,
  }
  const { status, brokenOff } = await withRecord(observed.record, () =>
    answer(refusalOf(observed, observers)),
  )
  for (const observer of observers) observer.end(observed, { status, endMs: performance.now(), brokenOff })
}

function refusalOf(
  observed: ObservedRequest,
  observers: readonly RequestObserver[],
): RequestFault | undefined {
  try {
    for (const observer of observers) observer.begin(observed)
    return undefined
  } catch (error) {
    if (error instanceof RequestFault) return error
    throw error
  }
}
