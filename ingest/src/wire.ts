// The shapes that ingest's own JSON API answers with: what the explorer and the command line read.
// Times and durations are nanoseconds as decimal strings (they do not fit a JSON number), times since the Unix
// epoch. Attribute values are OTLP/JSON `AnyValue`s, so that an integer stays an integer and bytes stay bytes.
// Ids are lower-case hex: 32 digits for a trace, 16 for a span.
import { z } from 'zod'

const unsignedNanoseconds = z.string().regex(/^\d{1,20}$/)
const signedNanoseconds = z.string().regex(/^-?\d{1,20}$/)

/** Who sent a span: Beyla or OBI, the bridge, ingest's own requests and jobs, any other OpenTelemetry sender. */
export const traceSource = z.enum(['beyla', 'bpftrace', 'http', 'scheduler', 'otlp'])
export type TraceSource = z.infer<typeof traceSource>

/** What the `source` filter takes: one source, or `ebpf` for `beyla` and `bpftrace` together. */
export const sourceFilter = z.enum([...traceSource.options, 'ebpf'])
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

export const anyValue: z.ZodType<AnyValue> = z.object({
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
export const keyValue: z.ZodType<KeyValue> = z.object({ key: z.string(), value: anyValue })

export const spanKind = z.enum(['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'])
export type SpanKind = z.infer<typeof spanKind>

export const statusCode = z.enum(['UNSET', 'OK', 'ERROR'])
export type StatusCode = z.infer<typeof statusCode>

export const span = z.object({
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
export type Span = z.infer<typeof span>

/** One row of a list of traces. Counts and times cover all stored spans of the trace, not just those that matched. */
export const traceSummary = z.object({
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
export type TraceSummary = z.infer<typeof traceSummary>

const attributeQuery = z.string().regex(/^[^=]+=/, 'must be key=value')
const attributesMax = 20

/** Query of `GET /api/traces`. A trace is found by any span of it that lies in the time range and fits the filters. */
export const tracesQuery = z.object({
  /** Earliest span start, Unix nanoseconds, inclusive. */
  start: unsignedNanoseconds.optional(),
  /** Latest span start, Unix nanoseconds, exclusive. */
  end: unsignedNanoseconds.optional(),
  service: z.string().min(1).optional(),
  source: sourceFilter.optional(),
  /** The span's name. */
  name: z.string().min(1).optional(),
  kind: spanKind.optional(),
  status: statusCode.optional(),
  /** Of a span, in nanoseconds, inclusive. */
  durationMin: signedNanoseconds.optional(),
  durationMax: signedNanoseconds.optional(),
  /**
   * `key=value` (up to the first `=`), of the span or its resource; may be repeated, all must hold. `200` finds the
   * string and the number, `true` the string and the boolean.
   */
  attribute: z
    .union([attributeQuery, z.array(attributeQuery).max(attributesMax)])
    .transform((given) => (typeof given === 'string' ? [given] : given))
    .optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(20),
})
export type TracesQuery = z.infer<typeof tracesQuery>

/** Answer of `GET /api/traces`: newest first by the trace's start. */
export const tracesAnswer = z.object({ traces: z.array(traceSummary) })
export type TracesAnswer = z.infer<typeof tracesAnswer>

/** Answer of `GET /api/traces/:id`: spans by start time, a parent before its children where the two are equal. */
export const traceAnswer = z.object({ traceId: z.string(), spans: z.array(span) })
export type TraceAnswer = z.infer<typeof traceAnswer>

/** Answer of `GET /api/services`: services by name, with the sources that sent them. */
export const servicesAnswer = z.object({
  services: z.array(z.object({ name: z.string(), sources: z.array(traceSource) })),
})
export type ServicesAnswer = z.infer<typeof servicesAnswer>

/** Answer of `GET /api/endpoints`: who has sent since the service started, by `service.namespace` ('' for none). */
export const endpointsAnswer = z.object({
  endpoints: z.array(
    z.object({
      name: z.string(),
      sources: z.array(
        z.object({ source: traceSource, spans: z.int(), lastSeenUnixNano: unsignedNanoseconds }),
      ),
    }),
  ),
})
export type EndpointsAnswer = z.infer<typeof endpointsAnswer>

/** Answer of `GET /api/forward`: how far each destination is, by name. Spans are counted since it was first named. */
export const forwardAnswer = z.object({
  destinations: z.array(
    z.object({
      name: z.string(),
      /** Absent where it is not configured any more. The endpoint is without a query, which may hold a key. */
      protocol: z.string().exactOptional(),
      endpoint: z.string().exactOptional(),
      /** `misconfigured`: it takes no spans as it is configured. `off`: it is not configured any more. */
      state: z.enum(['running', 'waiting', 'misconfigured', 'off']),
      /** Stored and not yet sent; bytes as stored. */
      lag: z.object({
        spans: z.int(),
        bytes: z.int(),
        oldestUnixNano: unsignedNanoseconds.exactOptional(),
      }),
      spansSent: z.int(),
      spansRefused: z.int(),
      /** Too far behind, or taken by retention. */
      spansSkipped: z.int(),
      /** Refused, and kept to be seen and sent again. */
      setAside: z.object({ batches: z.int(), spans: z.int(), bytes: z.int() }),
      /** Refused, and not kept any more. */
      spansDropped: z.int(),
      /** Since the service started. */
      retries: z.int(),
      lastError: z.object({ message: z.string(), atUnixNano: unsignedNanoseconds }).exactOptional(),
      nextAttemptUnixNano: unsignedNanoseconds.exactOptional(),
    }),
  ),
})
export type ForwardAnswer = z.infer<typeof forwardAnswer>

/** Query of `GET /api/forward/:name/refused`: oldest first, those after an id. */
export const refusedQuery = z.object({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(100).default(20),
})

/** Answer of it: batches that were set aside. */
export const refusedAnswer = z.object({
  batches: z.array(
    z.object({
      id: z.int(),
      refusedUnixNano: unsignedNanoseconds,
      reason: z.string(),
      spanCount: z.int(),
      /** Less than `spanCount` where the destination did not say which. */
      spansRefused: z.int(),
      /** It waits to be sent again. */
      replay: z.boolean(),
      /** The first hundred. */
      spans: z.array(z.object({ traceId: z.string(), spanId: z.string(), name: z.string() })),
    }),
  ),
})
export type RefusedAnswer = z.infer<typeof refusedAnswer>

/** Answer of `POST …/replay`, `DELETE …/refused` and `DELETE` of a destination itself: how many batches that were. */
export const setAsideAnswer = z.object({ batches: z.int() })
export type SetAsideAnswer = z.infer<typeof setAsideAnswer>

/** Body of every 4xx and 5xx of the API: what happened, with the value, and what to do. */
export const apiError = z.object({ error: z.object({ code: z.string(), message: z.string() }) })
export type ApiError = z.infer<typeof apiError>
