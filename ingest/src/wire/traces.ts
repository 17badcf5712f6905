// `GET /api/traces` and what is below one trace: parameters and answers.
import { z } from 'zod'
import { answered, spanFilters, spanIdText, timeRange, traceIdText, wholeNumber } from './asked.ts'
import { oneOf, span, spanKind, statusCode, traceSource, traceSummary } from './span.ts'
import { signedNanoseconds, unsignedNanoseconds } from './span.ts'

export const searchOrder = oneOf(['newest', 'slowest'])
export const tracesLimitMax = 1000

/**
 * Query of `GET /api/traces`. A trace is found by any span of it that lies in the time range and fits the filters; with
 * `q`, where it fits that, too.
 */
export const tracesQuery = z.object({
  ...timeRange,
  ...spanFilters,
  q: z
    .string('must be given once')
    .min(1, 'must not be empty')
    .optional()
    .describe('A TraceQL query without metrics; the trace must fit it as well as the other filters.'),
  order: searchOrder
    .default('newest')
    .describe("By the trace's start, latest first; or by its duration, longest first."),
  limit: wholeNumber(1, tracesLimitMax).default(20),
  cursor: z
    .string('must be given once')
    .optional()
    .describe(
      '`next` of the page before, with the same filters and order. Pages show the store as it was at the first one.',
    ),
})
export type TracesQuery = z.infer<typeof tracesQuery>

/** Answer of `GET /api/traces`: in the order asked for. */
export const tracesAnswer = z.object({
  traces: z.array(traceSummary),
  /** For the parameter `cursor`; absent where no more follow. */
  next: z.string().exactOptional().describe('For the parameter `cursor`; absent where no more follow.'),
  ...answered,
})
export type TracesAnswer = z.infer<typeof tracesAnswer>

export const traceParams = z.object({ id: traceIdText })
export const spanParams = z.object({ id: traceIdText, spanId: spanIdText })

/** Query of `GET /api/traces/:id`. */
export const traceQuery = z.object({
  skeleton: oneOf(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('All spans without what only one span’s details show: attributes, events, links, resource.'),
  format: oneOf(['json', 'otlp-json', 'otlp-protobuf'])
    .default('json')
    .describe(
      '`json`: as everywhere in this API. `otlp-json`, `otlp-protobuf`: TracesData of OpenTelemetry.',
    ),
})

/** Answer of `GET /api/traces/:id`: spans by start time, a parent before its children where the two are equal. */
export const traceAnswer = z.object({ traceId: z.string(), spans: z.array(span) })
export type TraceAnswer = z.infer<typeof traceAnswer>

/** A span as far as a waterfall needs it. Names are cut after 1,024 letters. */
export const spanBone = z.object({
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: spanKind,
  startUnixNano: unsignedNanoseconds,
  durationNano: signedNanoseconds,
  status: z.object({ code: statusCode }),
  source: traceSource,
  service: z.string(),
})
export type SpanBone = z.infer<typeof spanBone>

/** Answer of `GET /api/traces/:id?skeleton=true`: the same spans in the same order. */
export const skeletonAnswer = z.object({ traceId: z.string(), spans: z.array(spanBone) })
export type SkeletonAnswer = z.infer<typeof skeletonAnswer>

/** Answer of `GET /api/traces/:id/spans/:spanId`. */
export const spanAnswer = z.object({ span })
export type SpanAnswer = z.infer<typeof spanAnswer>
