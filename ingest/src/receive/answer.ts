// Bodies of OTLP answers in the request's encoding: success, partial success, google.rpc.Status. Pure.
import { exportResponseType, retryInfoType, rpcStatusType } from '../otlp/schema.ts'
import type { Encoding } from './content.ts'

export type Answer = { contentType: string; body: Buffer }

/** Left unset unless something was rejected, as the specification says. */
export type PartialSuccess = { rejectedSpans: number; errorMessage: string } | undefined

export function successAnswer(encoding: Encoding, partialSuccess: PartialSuccess): Answer {
  if (partialSuccess === undefined) return encoding === 'json' ? json({}) : protobuf(new Uint8Array())
  if (encoding === 'protobuf') return protobuf(exportResponseType.encode({ partialSuccess }).finish())
  return json({ partialSuccess: partialSuccessJson(partialSuccess) })
}

/** The answer that the paths under /api give JSON senders: how many spans were taken. */
export function acceptedAnswer(accepted: number, partialSuccess: PartialSuccess): Answer {
  if (partialSuccess === undefined) return json({ accepted })
  return json({ accepted, partialSuccess: partialSuccessJson(partialSuccess) })
}

export function statusAnswer(encoding: Encoding, code: number, message: string): Answer {
  return encoding === 'json'
    ? json({ code, message })
    : protobuf(rpcStatusType.encode({ code, message }).finish())
}

/** The google.rpc.Status that gRPC carries beside its code, with when to come again. */
export function rpcStatusDetails(code: number, message: string, retryAfterMs: number): Buffer {
  const retryDelay = {
    seconds: Math.floor(retryAfterMs / 1000),
    nanos: (retryAfterMs % 1000) * 1_000_000,
  }
  const retryInfo = {
    typeUrl: 'type.googleapis.com/google.rpc.RetryInfo',
    value: retryInfoType.encode({ retryDelay }).finish(),
  }
  return Buffer.from(rpcStatusType.encode({ code, message, details: [retryInfo] }).finish())
}

function partialSuccessJson({ rejectedSpans, errorMessage }: NonNullable<PartialSuccess>): object {
  // 64-bit integers are strings in OTLP/JSON.
  return { rejectedSpans: String(rejectedSpans), errorMessage }
}

function json(value: object): Answer {
  return { contentType: 'application/json', body: Buffer.from(JSON.stringify(value)) }
}

function protobuf(bytes: Uint8Array): Answer {
  return { contentType: 'application/x-protobuf', body: Buffer.from(bytes) }
}
