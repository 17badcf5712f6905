// What destinations answer: partial success, and why they refuse. In: bytes of an answer, which may be anything; out:
// values, texts of one line and at most `reasonCharsMax` letters. What cannot be read says nothing. Pure.
import { z } from 'zod'
import { exportResponseType, retryInfoType, rpcStatusType } from '../otlp/schema.ts'

export type AnswerEncoding = 'protobuf' | 'json' | 'text'

const reasonCharsMax = 300

// 64-bit integers are strings in JSON, though not every receiver writes them so.
const exportResponse = z.object({
  partialSuccess: z.object({
    rejectedSpans: z.coerce.number().int().nonnegative().default(0),
    errorMessage: z.string().default(''),
  }),
})
const rpcStatus = z.object({
  message: z.string().default(''),
  details: z.array(z.object({ typeUrl: z.string(), value: z.string() })).default([]),
})
const retryInfo = z.object({
  retryDelay: z.object({ seconds: z.coerce.number().default(0), nanos: z.number().default(0) }),
})

export function partialSuccessOf(
  body: Buffer,
  encoding: AnswerEncoding,
): { spansRejected: number; message: string } {
  const { data } = exportResponse.safeParse(decoded(body, encoding, exportResponseType))
  // Some destinations answer with a text or JSON of their own: the spans are taken all the same.
  const { rejectedSpans = 0, errorMessage = '' } = data?.partialSuccess ?? {}
  return { spansRejected: rejectedSpans, message: oneLine(errorMessage) }
}

/** The message of a google.rpc.Status, or the text that there is instead. */
export function explanationOf(body: Buffer, encoding: AnswerEncoding): string {
  const { data } = rpcStatus.safeParse(decoded(body, encoding, rpcStatusType))
  return oneLine(data?.message || (encoding === 'protobuf' ? '' : body.toString('utf8')))
}

/** Of the google.rpc.Status that gRPC sends along: the wait that its RetryInfo asks for. */
export function retryInfoMs(status: Buffer): number | undefined {
  const { data } = rpcStatus.safeParse(decoded(status, 'protobuf', rpcStatusType))
  const detail = data?.details.find(({ typeUrl }) => typeUrl.endsWith('/google.rpc.RetryInfo'))
  if (detail === undefined) return undefined
  const value = Buffer.from(detail.value, 'base64')
  const found = retryInfo.safeParse(decoded(value, 'protobuf', retryInfoType)).data?.retryDelay
  return found && Math.max(0, found.seconds * 1_000 + found.nanos / 1_000_000)
}

type Type = { decode(body: Buffer): { toJSON(): unknown } }

function decoded(body: Buffer, encoding: AnswerEncoding, type: Type): unknown {
  try {
    if (encoding === 'protobuf') return type.decode(body).toJSON()
    return encoding === 'json' ? JSON.parse(body.toString('utf8')) : undefined
  } catch {
    return undefined
  }
}

export function oneLine(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, reasonCharsMax)
}
