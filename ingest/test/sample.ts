// Builds OTLP requests for tests from short descriptions of spans; times are Unix nanoseconds. One resource a span.
import { exportRequestType } from '../src/otlp/schema.ts'
import { intakeOf } from '../src/receive/intake.ts'
import type { Batch } from '../src/store/store.ts'
import type { TraceSource } from '../src/wire.ts'

export type SampleSpan = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name?: string
  start?: bigint
  duration?: bigint
  service?: string
  source?: TraceSource
  /** OTLP's number; a server's where it is not said. */
  kind?: number
  status?: number
  attributes?: object[]
  /** More attributes, all strings. */
  tags?: Record<string, string>
}

const scopeNames: Partial<Record<TraceSource, string>> = {
  beyla: 'go.opentelemetry.io/obi',
  bpftrace: 'probespan-bridge',
}

export const hexId = (number: number | bigint, digits: number): string =>
  number.toString(16).padStart(digits, '0')

export function requestOf(spans: readonly SampleSpan[]): Buffer {
  const resourceSpans = spans.map((span) => ({
    resource: { attributes: [attribute('service.name', span.service ?? 'shop')] },
    scopeSpans: [{ scope: { name: scopeNames[span.source ?? 'otlp'] ?? 'tests' }, spans: [spanOf(span)] }],
  }))
  return Buffer.from(exportRequestType.encode({ resourceSpans }).finish())
}

export function batchOf(spans: readonly SampleSpan[]): Batch {
  return intakeOf(requestOf(spans)).batch
}

function spanOf(span: SampleSpan): object {
  const start = span.start ?? 1_700_000_000_000_000_000n
  return {
    traceId: Buffer.from(span.traceId, 'hex'),
    spanId: Buffer.from(span.spanId, 'hex'),
    parentSpanId: Buffer.from(span.parentSpanId ?? '', 'hex'),
    name: span.name ?? 'GET /',
    kind: span.kind ?? 2,
    startTimeUnixNano: halves(start),
    endTimeUnixNano: halves(start + (span.duration ?? 1_000n)),
    attributes: [
      ...(span.attributes ?? []),
      ...Object.entries(span.tags ?? {}).map(([key, value]) => attribute(key, value)),
    ],
    status: { code: span.status ?? 0 },
  }
}

export function attribute(key: string, stringValue: string): object {
  return { key, value: { stringValue } }
}

/** As protobufjs takes 64-bit integers. */
export function halves(value: bigint): { low: number; high: number } {
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)) }
}
