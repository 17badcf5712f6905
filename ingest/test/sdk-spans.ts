// Spans made with the OpenTelemetry JS SDK for tests of reading back: of every kind and with every type of value, and
// what the JSON API has to say of each, worked out from the SDK's own span by the OTLP specification.
import { SpanKind, SpanStatusCode, trace, ROOT_CONTEXT, TraceFlags } from '@opentelemetry/api'
import type { Attributes, AttributeValue, HrTime } from '@opentelemetry/api'
import type { BasicTracerProvider, ReadableSpan } from '@opentelemetry/sdk-trace-base'
import type { AnyValue, KeyValue, Span } from '../src/wire.ts'

export const spansPerTrace = 100
const kinds = [
  SpanKind.INTERNAL,
  SpanKind.SERVER,
  SpanKind.CLIENT,
  SpanKind.PRODUCER,
  SpanKind.CONSUMER,
] as const
const kindNames = ['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const

/** Ends `count` spans, a hundred a trace, each a child of the one before. */
export function endSpans(provider: BasicTracerProvider, count: number): void {
  const tracer = provider.getTracer('cart', '3.4.5')
  let context = ROOT_CONTEXT
  for (let index = 0; index < count; index++) {
    if (index % spansPerTrace === 0) context = ROOT_CONTEXT
    const start: HrTime = [1_700_000_000 + index, (index * 7_919) % 1_000_000_000]
    const kind = kinds[index % kinds.length] ?? SpanKind.INTERNAL
    const span = tracer.startSpan(
      `work ${index % 13}`,
      { kind, startTime: start, attributes: attributesOf(index) },
      context,
    )
    if (index % 3 === 0)
      span.addEvent(`event ${index}`, { amount: index / 4, unit: '€' }, [start[0], start[1]])
    if (index % 5 === 0) span.addLink({ context: linked(index), attributes: { why: `retry ${index}` } })
    if (index % 7 === 0) span.setStatus({ code: SpanStatusCode.ERROR, message: `failed ☠ ${index}` })
    if (index % 7 === 1) span.setStatus({ code: SpanStatusCode.OK })
    context = trace.setSpan(context, span)
    span.end([start[0] + 1, start[1]])
  }
}

function linked(index: number) {
  const traceId = (index + 1).toString(16).padStart(32, 'f')
  return { traceId, spanId: (index + 1).toString(16).padStart(16, 'e'), traceFlags: TraceFlags.SAMPLED }
}

function attributesOf(index: number): Attributes {
  return {
    'http.route': `/item/${index}`,
    text: 'naïve ☕ 𝄞 \u0000 "quoted" \\',
    empty: '',
    yes: true,
    no: false,
    count: index,
    zero: 0,
    negative: -index - 1,
    largest: Number.MAX_SAFE_INTEGER - index,
    smallest: Number.MIN_SAFE_INTEGER + index,
    fraction: index / 3 + 0.1,
    tiny: 5e-324,
    huge: 1.5e308,
    beyondInt64: 1e20,
    texts: ['a', '', `c${index}`],
    numbers: [1, 2.5, -index],
    flags: [true, false],
    none: [],
    long: 'x'.repeat(index % 50 === 0 ? 20_000 : 3),
  }
}

/** What `GET /api/traces/:id` must say of it. */
export function shownSpan(span: ReadableSpan, resource: Attributes): Span {
  const { traceId, spanId } = span.spanContext()
  const parentSpanId = span.parentSpanContext?.spanId
  const { code, message } = span.status
  return {
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name: span.name,
    kind: kindNames[span.kind] ?? 'UNSPECIFIED',
    startUnixNano: String(nano(span.startTime)),
    durationNano: String(nano(span.endTime) - nano(span.startTime)),
    status: {
      code: code === SpanStatusCode.ERROR ? 'ERROR' : code === SpanStatusCode.OK ? 'OK' : 'UNSET',
      ...(message === undefined ? {} : { message }),
    },
    source: 'otlp',
    service: String(resource['service.name']),
    endpoint: String(resource['service.namespace']),
    attributes: keyValues(span.attributes),
    events: span.events.map(({ name, time, attributes = {} }) => ({
      timeUnixNano: String(nano(time)),
      name,
      attributes: keyValues(attributes),
    })),
    links: span.links.map(({ context, attributes = {} }) => ({
      traceId: context.traceId,
      spanId: context.spanId,
      attributes: keyValues(attributes),
    })),
    resource: { attributes: keyValues(resource) },
    scope: { name: span.instrumentationScope.name, version: span.instrumentationScope.version ?? '' },
  }
}

const nano = ([seconds, nanos]: HrTime): bigint => BigInt(seconds) * 1_000_000_000n + BigInt(nanos)

function keyValues(attributes: Attributes): KeyValue[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))
}

function anyValue(value: AttributeValue | null | undefined): AnyValue {
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value !== 'number') return {}
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}
