// The way of an export request from bytes to durable spans, whichever protocol brought it: HTTP (routes.ts) and gRPC
// (grpc-listener.ts) differ only in how they read requests and write answers. A trace request is answered when its
// spans are durable; metrics and logs are accepted, counted and not kept (Beyla posts metrics whatever it is told).
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { Grant } from '../access/key.ts'
import type { KeyRing } from '../access/key-ring.ts'
import type { RateLimits } from '../access/rate-limits.ts'
import type { Counters } from '../counters.ts'
import { RequestFault } from '../faults.ts'
import type { RequestFaultCode } from '../faults.ts'
import { TooManyParts, UndecodableBody } from '../otlp/frames.ts'
import type { Health } from '../health.ts'
import { StoreFault } from '../store/store.ts'
import type { Store } from '../store/store.ts'
import type { Endpoints } from '../tag/endpoint.ts'
import type { Admission, Lease } from './admission.ts'
import type { PartialSuccess } from './answer.ts'
import { unpackedBody } from './body.ts'
import type { Encoding } from './content.ts'
import { intakeOf } from './intake.ts'
import type { Intake } from './intake.ts'
import type { JsonConverter } from './json-converter.ts'
import type { SourceRule } from '../tag/trace-source.ts'

export type Signal = 'traces' | 'metrics' | 'logs'

export type ReceivedBody = {
  bytes: Buffer
  /** As sent: gzip, deflate, zstd, identity or undefined. */
  coding: string | undefined
  encoding: Encoding
  /** Whether JSON without `resourceSpans` is refused. */
  resourceSpansNeeded: boolean
}

export type Taken = { spanCount: number; partialSuccess: PartialSuccess }

export type Receiver = {
  /** Before the body is read: who may not send it, or not yet, need not. Throws RequestFault. */
  admit(headers: IncomingHttpHeaders): Grant
  /** What a request's body is charged to; the caller frees it when the request has been answered. */
  openLease(): Lease
  /** Resolves when the spans are durable. Rejects with what `refusal` knows to name. */
  takeTraces(body: ReceivedBody, grant: Grant, lease: Lease): Promise<Taken>
  discard(signal: Exclude<Signal, 'traces'>): void
  /** The reason for which a request is refused, counted; what nobody expected is logged. */
  refusal(error: unknown): RequestFault
}

export type ReceiverParts = {
  store: Pick<Store, 'append'>
  counters: Counters
  keys: Pick<KeyRing, 'grantOf'>
  rates: RateLimits
  admission: Admission
  json: Pick<JsonConverter, 'convert'>
  enabled: boolean
  /** The user's own, before the standard ones. */
  sourceRules: readonly SourceRule[]
  endpoints: Pick<Endpoints, 'saw'>
  health: Pick<Health, 'committed' | 'commitFailed'>
  /** Of refusals by their code. */
  refusals: Map<RequestFaultCode, number>
  log: FastifyBaseLogger
}

export function createReceiver(parts: ReceiverParts): Receiver {
  const { counters, keys, rates, admission, enabled, endpoints, refusals, log } = parts
  return {
    admit(headers) {
      const grant = keys.grantOf(headers, 'write')
      if (!enabled) throw disabled()
      rates.admit(grant)
      return grant
    },
    openLease: () => admission.open(),
    async takeTraces(received, grant, lease) {
      const { bytes, coding, encoding } = received
      const plain = coding === undefined ? bytes : await unpackedBody(bytes, coding, lease)
      rates.charge(grant, plain.length)
      const body = encoding === 'protobuf' ? plain : await fromJson(plain, received, lease, parts.json)
      const { stored, sentBy, spanCount, rejectedSpans, rejection } = begin(body, grant, parts)
      await stored
      endpoints.saw(sentBy, Date.now())
      counters.requestsAccepted++
      counters.spansStored += spanCount
      counters.spansRejected += rejectedSpans
      const partialSuccess: PartialSuccess =
        rejectedSpans === 0 ? undefined : { rejectedSpans, errorMessage: rejection }
      return { spanCount, partialSuccess }
    },
    discard(signal) {
      counters[signal === 'metrics' ? 'metricsDiscarded' : 'logsDiscarded']++
    },
    refusal(error) {
      const fault = faultOf(error, log)
      counters.requestsRefused++
      refusals.set(fault.code, (refusals.get(fault.code) ?? 0) + 1)
      return fault
    },
  }
}

type Begun = Omit<Intake, 'batch'> & { stored: Promise<void>; spanCount: number }

/**
 * What waits for the commit must not hold the batch: of thousands of requests its objects would grow old meanwhile, and
 * then take memory until V8 looks through the whole heap.
 */
function begin(body: Buffer, binding: Grant, { store, health, sourceRules }: ReceiverParts): Begun {
  const { batch, ...told } = intakeOf(body, { ownRules: sourceRules, binding })
  const { spanCount } = batch
  const stored = spanCount === 0 ? Promise.resolve() : store.append(batch).then(health.committed, failed)
  return { ...told, stored, spanCount }

  function failed(error: unknown): never {
    if (error instanceof StoreFault && error.code === 'store_failed') health.commitFailed(error.message)
    throw error
  }
}

async function fromJson(
  plain: Buffer,
  received: ReceivedBody,
  lease: Lease,
  json: ReceiverParts['json'],
): Promise<Buffer> {
  const { body, hasResourceSpans } = await json.convert(plain)
  if (!hasResourceSpans && received.resourceSpansNeeded) {
    throw new RequestFault(
      'body_undecodable',
      'the body has no resourceSpans: send an ExportTraceServiceRequest.',
    )
  }
  lease.add(body.length)
  return body
}

function disabled(): RequestFault {
  return new RequestFault(
    'ingestion_disabled',
    'this service takes no traces: TRACES_INGESTION_ENABLED is false. Set it to true and restart.',
  )
}

function faultOf(error: unknown, log: FastifyBaseLogger): RequestFault {
  if (error instanceof RequestFault) return error
  if (error instanceof UndecodableBody)
    return new RequestFault('body_undecodable', `the body is ${error.message}.`)
  if (error instanceof TooManyParts) {
    return new RequestFault('body_too_large', `${error.message}: send fewer spans in one request.`)
  }
  if (error instanceof StoreFault) {
    if (error.code === 'store_failed') log.error({ err: error }, 'a commit failed')
    return new RequestFault(error.code, error.message, { cause: error })
  }
  log.error({ err: error }, 'a request failed')
  return new RequestFault('internal', 'this is a fault of probespan: its log says more.', { cause: error })
}
