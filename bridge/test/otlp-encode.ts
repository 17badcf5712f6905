// Spans to the bytes of one request, as the bridge encodes them.
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { RequestEncoder } from '../src/deliver/request-encoder.ts'

export function requestOf(spans: readonly ReadableSpan[]): Buffer {
  const encoder = new RequestEncoder()
  for (const span of spans) encoder.add(span)
  return encoder.take()
}
