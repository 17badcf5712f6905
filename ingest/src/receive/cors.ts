// Lets web pages of other origins send OTLP: browsers ask first (OPTIONS) and show a page no answer that does not name
// its origin. In: the origins allowed, none unless configured; out: header fields on OTLP's paths alone, so that no page
// reads traces. https://fetch.spec.whatwg.org/#http-cors-protocol
import type { FastifyInstance } from 'fastify'

export const anyOrigin = '*'

/** What browsers' exporters send beside what a page may always send. */
const allowedHeaders = [
  'authorization',
  'content-encoding',
  'content-type',
  'traceparent',
  'tracestate',
  'x-api-key',
]
/** How long a browser need not ask again; most take no more than two hours. */
const askedAgainAfterS = 7_200

/** `paths` are those that are posted to. */
export function allowOrigins(
  app: FastifyInstance,
  origins: readonly string[],
  paths: readonly string[],
): void {
  if (origins.length === 0) return
  const everyone = origins.includes(anyOrigin)
  app.addHook('onRequest', async ({ headers: { origin } }, reply) => {
    if (origin === undefined || !(everyone || origins.includes(origin))) return
    reply.headers({
      'access-control-allow-origin': everyone ? anyOrigin : origin,
      'access-control-expose-headers': 'retry-after',
      // Caches must not give one origin's answer to another.
      ...(!everyone && { vary: 'origin', 'access-control-allow-credentials': 'true' }),
    })
  })
  for (const path of paths) {
    app.options(path, async (_request, reply) => {
      reply.headers({
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': allowedHeaders.join(', '),
        'access-control-max-age': askedAgainAfterS,
      })
      return reply.code(204).send()
    })
  }
}
