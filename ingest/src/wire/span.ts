// Spans and summaries of traces as the API shows them, and the words that parameters and answers share.
import { z } from 'zod'

export const unsignedNanoseconds = z
  .string('must be given once')
  .regex(/^\d{1,20}$/, 'must be nanoseconds: a whole number in decimal')
export const signedNanoseconds = z
  .string('must be given once')
  .regex(/^-?\d{1,20}$/, 'must be nanoseconds: a whole number in decimal')

/** An enumeration whose refusal says what there is. */
export const oneOf = <const Names extends readonly string[]>(names: Names) =>
  z.enum(names, `must be one of ${names.join(', ')}`)

/** Who sent a span: Beyla or OBI, the bridge, ingest's own requests and jobs, any other OpenTelemetry sender. */
export const traceSource = oneOf(['beyla', 'bpftrace', 'http', 'scheduler', 'otlp'])
export type TraceSource = z.infer<typeof traceSource>

/** What the `source` filter takes: one source, or `ebpf` for `beyla` and `bpftrace` together. */
export const sourceFilter = oneOf([...traceSource.options, 'ebpf'])
export type SourceFilter = z.infer<typeof sourceFilter>

/** OTLP/JSON AnyValue. Exactly one key is set; none for an empty value. */
export type AnyValue = {
  stringValue?: string
  boolValue?: boolean
  /** A 64-bit integer in decimal. */
  intValue?: string
  doubleValue?: number | 'NaN' | 'Infinity' | '-Infinity'
  /** Base64. */
  bytesValue?: string
  arrayValue?: { values: AnyValue[] }
  kvlistValue?: { values: KeyValue[] }
}
export type KeyValue = { key: string; value: AnyValue }

export const anyValue: z.ZodType<AnyValue> = z
  .object({
    stringValue: z.string().exactOptional(),
    boolValue: z.boolean().exactOptional(),
    intValue: z.string().exactOptional(),
    doubleValue: z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]).exactOptional(),
    bytesValue: z.string().exactOptional(),
    get arrayValue() {
      return z.object({ values: z.array(anyValue) }).exactOptional()
    },
    get kvlistValue() {
      return z.object({ values: z.array(keyValue) }).exactOptional()
    },
  })
  .meta({ id: 'AnyValue' })
export const keyValue: z.ZodType<KeyValue> = z
  .object({ key: z.string(), value: anyValue })
  .meta({ id: 'KeyValue' })

export const spanKind = oneOf(['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'])
export type SpanKind = z.infer<typeof spanKind>

export const statusCode = oneOf(['UNSET', 'OK', 'ERROR'])
export type StatusCode = z.infer<typeof statusCode>

export const span = z
  .object({
    traceId: z.string(),
    spanId: z.string(),
    /** Absent on a root span. It may name a span that the store does not hold. */
    parentSpanId: z.string().optional(),
    traceState: z.string().optional(),
    name: z.string(),
    kind: spanKind,
    startUnixNano: unsignedNanoseconds,
    /** End minus start; negative where a sender's clock went backwards: shown as sent, never repaired. */
    durationNano: signedNanoseconds,
    status: z.object({ code: statusCode, message: z.string().optional() }),
    source: traceSource,
    /** Resource attribute `service.name`, or `unknown_service`. */
    service: z.string(),
    /** Resource attribute `service.namespace`: the machine or cluster that sent it. */
    endpoint: z.string().exactOptional(),
    attributes: z.array(keyValue),
    events: z.array(
      z.object({ timeUnixNano: unsignedNanoseconds, name: z.string(), attributes: z.array(keyValue) }),
    ),
    links: z.array(z.object({ traceId: z.string(), spanId: z.string(), attributes: z.array(keyValue) })),
    resource: z.object({ attributes: z.array(keyValue) }),
    scope: z.object({ name: z.string(), version: z.string() }),
  })
  .meta({ id: 'Span' })
export type Span = z.infer<typeof span>

/** One row of a list of traces. Counts and times cover all stored spans of the trace, not just those that matched. */
export const traceSummary = z
  .object({
    traceId: z.string(),
    /** Of the span without a parent; where the store holds none, of the earliest span. */
    rootService: z.string(),
    rootName: z.string(),
    /** Whether the span that rootService and rootName come from has no parent. */
    rootSeen: z.boolean(),
    startUnixNano: unsignedNanoseconds,
    /** From the earliest start to the latest end. */
    durationNano: signedNanoseconds,
    spanCount: z.int(),
    errorCount: z.int(),
    sources: z.array(traceSource),
    services: z.array(z.string()),
  })
  .meta({ id: 'TraceSummary' })
export type TraceSummary = z.infer<typeof traceSummary>
