// What encoding of OTLP an HTTP request says it is in.
import type { IncomingHttpHeaders } from 'node:http'
import { RequestFault } from '../faults.ts'

export type Encoding = 'protobuf' | 'json'

const contentTypes: Readonly<Record<string, Encoding>> = {
  'application/x-protobuf': 'protobuf',
  'application/protobuf': 'protobuf',
  'application/json': 'json',
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
