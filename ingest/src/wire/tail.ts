// `GET /api/tail`: parameters, and the data of its server-sent events.
import { z } from 'zod'
import { spanFilters, wholeNumber } from './asked.ts'
import {
  keyValue,
  oneOf,
  signedNanoseconds,
  spanKind,
  statusCode,
  traceSource,
  unsignedNanoseconds,
} from './span.ts'

export const tailSpansPerSMax = 1000

/** Query of `GET /api/tail`: spans that fit all of it. */
export const tailQuery = z.object({
  ...spanFilters,
  q: z
    .string('must be given once')
    .min(1, 'must not be empty')
    .optional()
    .describe('TraceQL of single spans, `{ … }`; a span must fit it as well as the other filters.'),
  limit: wholeNumber(1, tailSpansPerSMax)
    .default(100)
    .describe('Spans a second at most; those beyond it are skipped, and counted.'),
})
export type TailQuery = z.infer<typeof tailQuery>

/** Data of the event `span`: a new span that fits. Names are cut after 1,024 letters. */
export const tailSpan = z
  .object({
    traceId: z.string(),
    spanId: z.string(),
    name: z.string(),
    kind: spanKind,
    startUnixNano: unsignedNanoseconds,
    durationNano: signedNanoseconds,
    status: z.object({ code: statusCode }),
    source: traceSource,
    service: z.string(),
    /** What the filters name and the span has, by TraceQL's names. */
    fields: z.array(keyValue),
  })
  .meta({ id: 'TailSpan' })
export type TailSpan = z.infer<typeof tailSpan>

/** Data of the event `skipped`: spans that fit and were too many, since the last one. */
export const tailSkipped = z.object({ spans: z.int() })
export type TailSkipped = z.infer<typeof tailSkipped>

/**
 * Data of the event `end`, the last one: the service stops, the reader does not read, or its key does not count any
 * more.
 */
export const tailEnd = z.object({ reason: oneOf(['stopped', 'slow', 'key']) })
export type TailEnd = z.infer<typeof tailEnd>
