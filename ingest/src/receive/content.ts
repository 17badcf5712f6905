// Content negotiation and decompression. In: a request's headers and raw body; out: its encoding and plain bytes, at
// most `requestBytesMax`, or a RequestFault (`content_type_unsupported`, `body_too_large`, `body_undecodable`).
import type { IncomingHttpHeaders } from 'node:http'
import { promisify } from 'node:util'
import { gunzip, inflate, zstdDecompress } from 'node:zlib'
import { RequestFault } from '../faults.ts'
import { requestBytesMax } from '../limits.ts'

export type Encoding = 'protobuf' | 'json'

export const contentTypes: Readonly<Record<string, Encoding>> = {
  'application/x-protobuf': 'protobuf',
  'application/protobuf': 'protobuf',
  'application/json': 'json',
}

const inflaters = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  zstd: promisify(zstdDecompress),
}

/** Undefined for a content type that OTLP does not know. */
export function encodingOf(headers: IncomingHttpHeaders): Encoding | undefined {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  return Object.hasOwn(contentTypes, type) ? contentTypes[type] : undefined
}

export function unsupportedType(headers: IncomingHttpHeaders): RequestFault {
  return new RequestFault(
    'content_type_unsupported',
    `Content-Type ${headers['content-type'] ?? '(none)'} is not read here: send OTLP as ` +
      'application/x-protobuf or application/json.',
  )
}

export function bodyTooLarge(): RequestFault {
  return new RequestFault(
    'body_too_large',
    `the request is larger than ${requestBytesMax} bytes (counted after decompression too): ` +
      'send fewer spans in one request.',
  )
}

export async function plainBody(headers: IncomingHttpHeaders, body: Buffer): Promise<Buffer> {
  const coding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (coding === 'identity' || coding === '') return body
  if (!isKnown(coding)) {
    throw new RequestFault(
      'content_type_unsupported',
      `Content-Encoding ${coding} is not read here: send ${Object.keys(inflaters).join(', ')} or none.`,
    )
  }
  try {
    return await inflaters[coding](body, { maxOutputLength: requestBytesMax })
  } catch (error) {
    if (isErrno(error) && error.code === 'ERR_BUFFER_TOO_LARGE') throw bodyTooLarge()
    const reason = error instanceof Error ? error.message : String(error)
    throw new RequestFault('body_undecodable', `the body is not valid ${coding}: ${reason}.`, {
      cause: error,
    })
  }
}

const isKnown = (coding: string): coding is keyof typeof inflaters => Object.hasOwn(inflaters, coding)
const isErrno = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error && 'code' in error
