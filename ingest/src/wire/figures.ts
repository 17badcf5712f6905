// Rate, errors and duration, series, and who calls whom: parameters and answers. Where `start` or `end` is not given, the
// range is the hour before `end`, or before now; answers tell it.
import { z } from 'zod'
import { answered, spanChoice, timeRange, wholeNumber } from './asked.ts'
import { anyValue, oneOf, sourceFilter, spanKind, traceSource, unsignedNanoseconds } from './span.ts'

const range = { start: unsignedNanoseconds, end: unsignedNanoseconds }

export const redKey = oneOf(['service', 'operation', 'source', 'kind'])
const redKeyList = 'service, operation, source, kind'

/** `by=service,operation`; repeated is the same. */
const keyList = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => (typeof given === 'string' ? [given] : given).flatMap((text) => text.split(',')))
  .pipe(z.array(z.enum(redKey.options, `must be a list of ${redKeyList}`)))
  .transform((keys) => [...new Set(keys)])

const step = unsignedNanoseconds
  .refine((text) => /[1-9]/.test(text), 'must be more than 0')
  .optional()
  .describe('Nanoseconds: a figure for each such step, too.')

/** Query of `GET /api/red`. */
export const redQuery = z.object({
  ...timeRange,
  ...spanChoice,
  by: keyList
    .default(['service'])
    .describe(`What is told apart: a list, by commas, of ${redKeyList}; \`service\` where not given.`),
  step,
  limit: wholeNumber(1, 1000).default(100).describe('Groups, those with the most spans first.'),
})

const figure = {
  count: z.int(),
  errors: z.int(),
  /** Spans a second. */
  rate: z.number().describe('Spans a second.'),
  durationSumNano: z.string(),
  /** Interpolated in buckets of 9 %; absent where nothing was counted. */
  p50Nano: unsignedNanoseconds
    .exactOptional()
    .describe('Within 9 %, as the other quantiles; absent where nothing was counted.'),
  p95Nano: unsignedNanoseconds.exactOptional(),
  p99Nano: unsignedNanoseconds.exactOptional(),
}
export const redFigure = z.object(figure)
export type RedFigureShown = z.infer<typeof redFigure>

/** Parameters of `GET /api/traces` that lead to the traces behind a figure: to be put behind a `?`. */
const tracesQueries = z
  .object({
    all: z.string(),
    /** Those with a span among the slowest 5 %. */
    slow: z.string(),
    failed: z.string(),
  })
  .describe(
    'Parameters of `GET /api/traces` that lead to the traces behind the figure, to be put behind a `?`.',
  )

/** Answer of `GET /api/red`: groups by how many spans they have, most first. */
export const redAnswer = z.object({
  ...range,
  groups: z.array(
    z.object({
      service: z.string().exactOptional(),
      operation: z.string().exactOptional(),
      source: traceSource.exactOptional(),
      kind: spanKind.exactOptional(),
      total: redFigure,
      /** One a step, where asked; the time is the step's start. */
      steps: z.array(z.object({ startUnixNano: unsignedNanoseconds, ...figure })).exactOptional(),
      /** One of the slowest, and one with an error. */
      slowTraceId: z.string().exactOptional(),
      failedTraceId: z.string().exactOptional(),
      tracesQuery: tracesQueries,
    }),
  ),
  /** More than `limit` let through are left out. */
  groupsTotal: z.int(),
  ...answered,
})
export type RedAnswer = z.infer<typeof redAnswer>

export const seriesMeasures = ['rate', 'errors', 'avg', 'p50', 'p95', 'p99'] as const

/** Query of `GET /api/series`: of a TraceQL metrics query, or of what RED measures. */
export const seriesQuery = z.object({
  ...timeRange,
  ...spanChoice,
  q: z
    .string('must be given once')
    .min(1, 'must not be empty')
    .optional()
    .describe('A TraceQL metrics query; none of the filters beside it.'),
  by: keyList
    .optional()
    .describe(`Without \`q\`: a list, by commas, of ${redKeyList}; \`service\` where not given.`),
  step: step.describe('Nanoseconds; a sixtieth of the range, a second at least, where not given.'),
  limit: wholeNumber(1, 1000).default(100).describe('Series of `q`; groups without it.'),
})

/** Answer of it. */
export const seriesAnswer = z.object({
  ...range,
  stepNano: unsignedNanoseconds,
  series: z.array(
    z.object({
      /** Of `q`: its own. Without: those asked `by`, and `measure`: rate and errors a second, durations in nanoseconds. */
      labels: z.array(z.object({ name: z.string(), value: anyValue })),
      samples: z.array(
        z.object({
          /** The end of its step. */
          unixNano: unsignedNanoseconds,
          /** Null where there was nothing to measure. */
          value: z.number().nullable(),
        }),
      ),
      exemplars: z
        .array(
          z.object({
            unixNano: unsignedNanoseconds,
            value: z.number().nullable(),
            traceId: z.string(),
            spanId: z.string(),
          }),
        )
        .exactOptional(),
    }),
  ),
  ...answered,
})
export type SeriesAnswer = z.infer<typeof seriesAnswer>

/** Query of `GET /api/dependencies`. */
export const dependenciesQuery = z.object({ ...timeRange, source: sourceFilter.optional() })

/** Answer of it: who calls whom, most calls first. */
export const dependenciesAnswer = z.object({
  ...range,
  dependencies: z.array(
    z.object({
      client: z.string(),
      server: z.string(),
      /** '' for a call that was seen at both ends. */
      connection: oneOf(['', 'virtual_node', 'messaging_system', 'database']),
      source: traceSource,
      calls: z.int(),
      errors: z.int(),
      /** Calls a second. */
      rate: z.number(),
      p50Nano: unsignedNanoseconds,
      p95Nano: unsignedNanoseconds,
      p99Nano: unsignedNanoseconds,
    }),
  ),
  /** Calls of spans up to here are counted. */
  countedUntil: unsignedNanoseconds.exactOptional(),
})
export type DependenciesAnswer = z.infer<typeof dependenciesAnswer>
