// Looks into traces as clients get them: OTLP bytes by the official messages, JSON of protobuf's own mapping turned to
// OTLP/JSON.
import { exportRequestType } from '../src/otlp/schema.ts'

type JsonSpan = { traceId: string; spanId: string; name: string; status?: object }
type JsonTrace = {
  resourceSpans: {
    resource?: { attributes?: { key: string; value: { stringValue?: string } }[] }
    scopeSpans: { scope?: { name?: string }; spans: JsonSpan[] }[]
  }[]
}

function decoded(bytes: Uint8Array | undefined): JsonTrace {
  if (bytes === undefined) throw new Error('there is no trace')
  return exportRequestType.decode(bytes).toJSON() as JsonTrace
}

const hexOf = (base64: string): string => Buffer.from(base64, 'base64').toString('hex')

export const otlpSpans = (bytes: Uint8Array | undefined): JsonSpan[] =>
  decoded(bytes)
    .resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .map((span) => ({ ...span, traceId: hexOf(span.traceId), spanId: hexOf(span.spanId) }))

/** By service and scope. */
export function spanIdsOf(bytes: Uint8Array | undefined): [service: string, scope: string, ids: string[]][] {
  return decoded(bytes).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.map(({ scope, spans }): [string, string, string[]] => [
      resource?.attributes?.find(({ key }) => key === 'service.name')?.value.stringValue ?? '',
      scope?.name ?? '',
      spans.map(({ spanId }) => hexOf(spanId)),
    ]),
  )
}

const idKeys = new Set(['traceId', 'spanId', 'parentSpanId'])
const enumNumbers: Record<string, number> = {
  SPAN_KIND_UNSPECIFIED: 0,
  SPAN_KIND_INTERNAL: 1,
  SPAN_KIND_SERVER: 2,
  SPAN_KIND_CLIENT: 3,
  SPAN_KIND_PRODUCER: 4,
  SPAN_KIND_CONSUMER: 5,
  STATUS_CODE_UNSET: 0,
  STATUS_CODE_OK: 1,
  STATUS_CODE_ERROR: 2,
}

/** Ids to hex, names of enums to their numbers. */
export function base64AndHex(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json), (key, value: unknown) => {
    if (typeof value !== 'string') return value
    if (idKeys.has(key)) return hexOf(value)
    return (key === 'kind' || key === 'code') && Object.hasOwn(enumNumbers, value)
      ? enumNumbers[value]
      : value
  })
}
