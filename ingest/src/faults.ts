// Every way in which a request or a start can fail, in one table: the code that clients and scripts see, its HTTP
// status, the google.rpc code that OTLP errors carry, or the process's exit code. README.md lists the same (tested).
import { busyRetryAfterMs } from './limits.ts'

/** google.rpc.Code numbers. */
export const rpcCodes = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const

export const requestFaults = {
  body_undecodable: { status: 400, rpc: rpcCodes.invalidArgument },
  parameter_invalid: { status: 400, rpc: rpcCodes.invalidArgument },
  key_invalid: { status: 401, rpc: rpcCodes.unauthenticated },
  key_forbidden: { status: 403, rpc: rpcCodes.permissionDenied },
  trace_unknown: { status: 404, rpc: rpcCodes.notFound },
  span_unknown: { status: 404, rpc: rpcCodes.notFound },
  destination_unknown: { status: 404, rpc: rpcCodes.notFound },
  path_unknown: { status: 404, rpc: rpcCodes.notFound },
  body_late: { status: 408, rpc: rpcCodes.deadlineExceeded },
  destination_configured: { status: 409, rpc: rpcCodes.failedPrecondition },
  body_too_large: { status: 413, rpc: rpcCodes.resourceExhausted },
  content_type_unsupported: { status: 415, rpc: rpcCodes.invalidArgument },
  compression_unsupported: { status: 415, rpc: rpcCodes.unimplemented },
  question_unfit: { status: 422, rpc: rpcCodes.invalidArgument },
  trace_too_large: { status: 422, rpc: rpcCodes.resourceExhausted },
  search_too_wide: { status: 422, rpc: rpcCodes.resourceExhausted },
  rate_limited: { status: 429, rpc: rpcCodes.resourceExhausted },
  internal: { status: 500, rpc: rpcCodes.internal },
  ingestion_disabled: { status: 501, rpc: rpcCodes.unimplemented },
  audit_failed: { status: 503, rpc: rpcCodes.unavailable },
  tails_busy: { status: 503, rpc: rpcCodes.unavailable },
  intake_busy: { status: 503, rpc: rpcCodes.unavailable },
  query_busy: { status: 503, rpc: rpcCodes.unavailable },
  store_busy: { status: 503, rpc: rpcCodes.unavailable },
  store_failed: { status: 503, rpc: rpcCodes.unavailable },
  metrics_not_ready: { status: 503, rpc: rpcCodes.unavailable },
} as const
export type RequestFaultCode = keyof typeof requestFaults

type RequestFaultOptions = ErrorOptions & { retryAfterMs?: number }

/** A request that cannot be served: the message says what happened, with the value, and what to do. */
export class RequestFault extends Error {
  override name = 'RequestFault'
  readonly code: RequestFaultCode
  /** When the same request may be sent again; undefined where the code says it. */
  readonly retryAfterMs: number | undefined
  constructor(code: RequestFaultCode, message: string, options?: RequestFaultOptions) {
    super(message, options)
    this.code = code
    this.retryAfterMs = options?.retryAfterMs
  }
}

/** Undefined: sending it again is of no use. */
export function retryAfterMsOf({ code, retryAfterMs }: RequestFault): number | undefined {
  return retryAfterMs ?? (requestFaults[code].status === 503 ? busyRetryAfterMs : undefined)
}

export const exitCodes = {
  unexpected: 1,
  config_invalid: 2,
  port_unavailable: 3,
  store_too_new: 4,
  store_not_writable: 5,
} as const
export type StartFaultCode = keyof typeof exitCodes

/** A reason not to start, in words for the one who starts it. */
export class StartFault extends Error {
  override name = 'StartFault'
  readonly code: StartFaultCode
  constructor(code: StartFaultCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
