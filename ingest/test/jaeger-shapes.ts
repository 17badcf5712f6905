// What Jaeger's page and Grafana's Jaeger data source read, as strict schemas: v3 after the page's own zod schemas
// (api/v3/schemas.ts, made from Jaeger's OpenAPI), v1 after its types (types/trace.ts) and Jaeger's uimodel. No field more.
import { z } from 'zod'

const traceId = z.string().regex(/^[\da-f]{32}$/)
const spanId = z.string().regex(/^[\da-f]{16}$/)
const decimal = z.string().regex(/^\d+$/)
const count = z.int().min(0)

export const services = z.strictObject({ services: z.array(z.string()) })
export const operations = z.strictObject({
  operations: z.array(
    z.strictObject({
      name: z.string(),
      spanKind: z.enum(['internal', 'server', 'client', 'producer', 'consumer']),
    }),
  ),
})
export const summaries = z.strictObject({
  summaries: z.array(
    z.strictObject({
      traceId,
      rootServiceName: z.string().optional(),
      rootOperationName: z.string().optional(),
      minStartTimeUnixNano: decimal.optional(),
      maxEndTimeUnixNano: decimal.optional(),
      spanCount: count.optional(),
      errorSpanCount: count.optional(),
      orphanSpanCount: count.optional(),
      services: z
        .array(
          z.strictObject({ name: z.string(), spanCount: count.optional(), errorSpanCount: count.optional() }),
        )
        .optional(),
    }),
  ),
})
export const dependencies = z.strictObject({
  dependencies: z.array(z.strictObject({ parent: z.string(), child: z.string(), callCount: decimal })),
})
export const failure = z.strictObject({
  error: z.strictObject({ httpCode: z.int(), message: z.string().min(1) }),
})

const anyValue: z.ZodType = z.strictObject({
  stringValue: z.string().optional(),
  boolValue: z.boolean().optional(),
  intValue: z
    .string()
    .regex(/^-?\d+$/)
    .optional(),
  doubleValue: z.number().optional(),
  bytesValue: z.base64().optional(),
  get arrayValue() {
    return z.strictObject({ values: z.array(anyValue).optional() }).optional()
  },
  get kvlistValue() {
    return z.strictObject({ values: z.array(keyValue).optional() }).optional()
  },
})
const keyValue: z.ZodType = z.strictObject({ key: z.string(), value: anyValue })
const attributes = { attributes: z.array(keyValue).optional(), droppedAttributesCount: count.optional() }

/** OTLP/JSON in the envelope of v3; resource, scope and status are always there, as Jaeger writes them. */
export const result = z.strictObject({
  result: z.strictObject({
    resourceSpans: z.array(
      z.strictObject({
        resource: z.strictObject(attributes),
        schemaUrl: z.string().optional(),
        scopeSpans: z
          .array(
            z.strictObject({
              scope: z.strictObject({
                name: z.string().optional(),
                version: z.string().optional(),
                ...attributes,
              }),
              schemaUrl: z.string().optional(),
              spans: z
                .array(
                  z.strictObject({
                    traceId,
                    spanId,
                    parentSpanId: spanId.optional(),
                    traceState: z.string().optional(),
                    flags: count.optional(),
                    name: z.string(),
                    kind: z.int().min(0).max(5).optional(),
                    startTimeUnixNano: decimal,
                    endTimeUnixNano: decimal,
                    ...attributes,
                    events: z
                      .array(z.strictObject({ timeUnixNano: decimal, name: z.string(), ...attributes }))
                      .optional(),
                    droppedEventsCount: count.optional(),
                    links: z
                      .array(
                        z.strictObject({
                          traceId,
                          spanId,
                          traceState: z.string().optional(),
                          flags: count.optional(),
                          ...attributes,
                        }),
                      )
                      .optional(),
                    droppedLinksCount: count.optional(),
                    status: z.strictObject({
                      code: z.int().min(0).max(2).optional(),
                      message: z.string().optional(),
                    }),
                  }),
                )
                .min(1),
            }),
          )
          .min(1),
      }),
    ),
  }),
})

const tag = z.discriminatedUnion('type', [
  z.strictObject({ key: z.string(), type: z.literal('string'), value: z.string() }),
  z.strictObject({ key: z.string(), type: z.literal('bool'), value: z.boolean() }),
  z.strictObject({
    key: z.string(),
    type: z.literal('int64'),
    value: z.union([z.int(), z.string().regex(/^-?\d+$/)]),
  }),
  z.strictObject({ key: z.string(), type: z.literal('float64'), value: z.number() }),
  z.strictObject({ key: z.string(), type: z.literal('binary'), value: z.base64() }),
])
const v1Error = z.strictObject({ code: z.int().optional(), msg: z.string(), traceID: traceId.optional() })

/** `{"data","total","limit","offset","errors"}` around any list. */
export const v1 = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    data: z.array(item),
    total: count,
    limit: count,
    offset: count,
    errors: z.array(v1Error).nullable(),
  })
export const v1Failure = z.strictObject({
  data: z.null(),
  total: count,
  limit: count,
  offset: count,
  errors: z.array(v1Error).min(1),
})

export const v1Trace = z.strictObject({
  traceID: traceId,
  spans: z.array(
    z.strictObject({
      traceID: traceId,
      spanID: spanId,
      operationName: z.string(),
      references: z.array(
        z.strictObject({ refType: z.enum(['CHILD_OF', 'FOLLOWS_FROM']), traceID: traceId, spanID: spanId }),
      ),
      /** Microseconds. */
      startTime: z.int().min(0),
      duration: z.int().min(0),
      tags: z.array(tag),
      logs: z.array(z.strictObject({ timestamp: z.int().min(0), fields: z.array(tag) })),
      processID: z.string().regex(/^p\d+$/),
      warnings: z.array(z.string()).nullable(),
    }),
  ),
  processes: z.record(
    z.string().regex(/^p\d+$/),
    z.strictObject({ serviceName: z.string().min(1), tags: z.array(tag) }),
  ),
  warnings: z.array(z.string()).nullable(),
})
