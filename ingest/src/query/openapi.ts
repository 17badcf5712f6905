// The API's description as OpenAPI 3.1, at `GET /api/openapi.json`: routes that say what they are for, by the schemas that
// they check with, and beside them the paths that take OTLP (openapi-paths.ts). Open without a key: it holds no data.
import swagger from '@fastify/swagger'
import type { FastifyInstance, FastifySchema } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { requestFaults } from '../faults.ts'
import { apiError } from '../wire.ts'
import { speakJson } from './answers.ts'
import { otherPaths } from './openapi-paths.ts'

/** A route's schema, as far as the description needs more than its parameters: what it is for, and its answer. */
export const documented = <Answer extends z.ZodType>(summary: string, answer: Answer) => ({
  summary,
  response: { 200: answer.describe(summary) },
})

/** To be registered before the routes that it describes. */
export async function describeApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'probespan ingest',
        version: '1',
        description:
          'Takes OpenTelemetry traces, stores them, and answers questions about them. Times are Unix nanoseconds, ' +
          'durations nanoseconds, both as decimal strings; attribute values are OTLP/JSON AnyValues.',
      },
      // What the document was asked from.
      servers: [{ url: '/' }],
      paths: otherPaths(),
      components: {
        securitySchemes: {
          header: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
          bearer: { type: 'http', scheme: 'bearer' },
        },
      },
      // Nothing, where the service was given no keys.
      security: [{ header: [] }, { bearer: [] }, {}],
    },
    transform: (document) =>
      document.schema?.summary === undefined
        ? { schema: { hide: true }, url: document.url }
        : jsonSchemaTransform({ ...document, schema: withFaults(document.schema) }),
    transformObject: (document) => withoutInputs(jsonSchemaTransformObject(document)),
  })
}

type Described = ReturnType<typeof jsonSchemaTransformObject>

/** Every named schema is made twice, as what is taken and as what is answered; here they are only answered. */
function withoutInputs(document: Described): Described {
  const schemas: Record<string, unknown> = ('components' in document && document.components?.schemas) || {}
  for (const name of Object.keys(schemas)) if (name.endsWith('Input')) delete schemas[name]
  return document
}

/** Every path of the API answers its faults in the same way. */
function withFaults(schema: FastifySchema): FastifySchema {
  const codes = Object.entries(requestFaults).map(([code, { status }]) => `${code} (${status})`)
  const fault = {
    description: `What happened, with the value, and what to do. Codes: ${codes.join(', ')}.`,
    content: { 'application/json': { schema: apiError } },
  }
  return { ...schema, response: { ...Object(schema.response), default: fault } }
}

export async function openApiRoute(app: FastifyInstance): Promise<void> {
  speakJson(app)
  app.get(
    '/api/openapi.json',
    {
      schema: {
        ...documented('this description', z.looseObject({ openapi: z.string() })),
        security: [],
      },
    },
    () => app.swagger(),
  )
}
