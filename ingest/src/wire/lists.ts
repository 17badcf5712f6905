// What there is in the store: services, their operations, who sends, attributes and their values. Parameters and answers.
import { z } from 'zod'
import { answered, spanChoice, spanFilters, timeRange, wholeNumber } from './asked.ts'
import { anyValue, oneOf, spanKind, traceSource, unsignedNanoseconds } from './span.ts'

/** Answer of `GET /api/services`: services by name, with the sources that sent them. */
export const servicesAnswer = z.object({
  services: z.array(z.object({ name: z.string(), sources: z.array(traceSource) })),
})
export type ServicesAnswer = z.infer<typeof servicesAnswer>

export const serviceParams = z.object({ name: z.string().min(1) })

/** Answer of `GET /api/services/:name/operations`: of all that is stored, by name; none of a service that is not. */
export const operationsAnswer = z.object({
  operations: z.array(z.object({ name: z.string(), kinds: z.array(spanKind), spans: z.int() })),
})
export type OperationsAnswer = z.infer<typeof operationsAnswer>

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

/** Query of `GET /api/attributes`. */
export const attributesQuery = z.object({ ...timeRange, ...spanChoice })

/** Answer of it: keys by how many spans have them, most first; counted over the newest spans in range. */
export const attributesAnswer = z.object({
  keys: z.array(
    z.object({
      scope: oneOf(['span', 'resource', 'event', 'link', 'instrumentation']),
      key: z.string(),
      spans: z.int(),
    }),
  ),
  ...answered,
})
export type AttributesAnswer = z.infer<typeof attributesAnswer>

export const attributeParams = z.object({ key: z.string().min(1) })

/** Query of `GET /api/attributes/:key/values`. */
export const valuesQuery = z.object({
  ...timeRange,
  ...spanFilters,
  scope: oneOf(['any', 'span', 'resource', 'event', 'link', 'instrumentation'])
    .default('any')
    .describe('Of what the attribute is; `any`: of the span, or else of its resource.'),
  limit: wholeNumber(1, 1000).default(100),
})

/** Answer of it: the most frequent values, most spans first. */
export const valuesAnswer = z.object({
  values: z.array(z.object({ value: anyValue, spans: z.int() })),
  ...answered,
})
export type ValuesAnswer = z.infer<typeof valuesAnswer>
