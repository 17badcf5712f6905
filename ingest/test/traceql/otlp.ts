// The plain traces as OTLP requests, so that the real store can take them.
import { exportRequestType } from '../../src/otlp/schema.ts'
import { intakeOf } from '../../src/receive/intake.ts'
import type { Batch } from '../../src/store/store.ts'
import { spanKind, statusCode } from '../../src/wire.ts'
import { halves } from '../sample.ts'
import type { Plain, PlainAttributes, PlainSpan } from './data.ts'

/** One resource a span; the spans keep their order. */
export function batchOf(spans: readonly PlainSpan[]): Batch {
  const resourceSpans = spans.map((span) => ({
    resource: { attributes: keyValues(span.resource) },
    scopeSpans: [
      {
        scope: {
          name: span.scope.name,
          version: span.scope.version,
          attributes: keyValues(span.scope.attributes),
        },
        spans: [otlpSpan(span)],
      },
    ],
  }))
  return intakeOf(Buffer.from(exportRequestType.encode({ resourceSpans }).finish())).batch
}

function otlpSpan(span: PlainSpan): object {
  return {
    traceId: bytes(span.traceId),
    spanId: bytes(span.spanId),
    parentSpanId: bytes(span.parentId),
    name: span.name,
    kind: spanKind.options.indexOf(span.kind),
    startTimeUnixNano: halves(span.start),
    endTimeUnixNano: halves(span.start + span.duration),
    attributes: keyValues(span.attributes),
    events: span.events.map(({ name, time, attributes }) => ({
      name,
      timeUnixNano: halves(time),
      attributes: keyValues(attributes),
    })),
    links: span.links.map(({ traceId, spanId, attributes }) => ({
      traceId: bytes(traceId),
      spanId: bytes(spanId),
      attributes: keyValues(attributes),
    })),
    status: { code: statusCode.options.indexOf(span.status), message: span.message },
  }
}

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')

function keyValues(attributes: PlainAttributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: Array.isArray(value) ? { arrayValue: { values: value.map(anyValue) } } : anyValue(value),
  }))
}

function anyValue(value: Plain): object {
  if (typeof value === 'bigint') return { intValue: halves(value) }
  if (typeof value === 'number') return { doubleValue: value }
  return typeof value === 'boolean' ? { boolValue: value } : { stringValue: value }
}
