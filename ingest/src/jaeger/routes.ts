// Jaeger's HTTP APIs over the store: v1 and v3 under /jaeger, v3 at the root as well. Its page, Grafana's Jaeger data source
// and other clients work on it unchanged. Everything needs a key that may read.
import type { FastifyInstance } from 'fastify'
import type { KeyRing } from '../access/key-ring.ts'
import { RequestFault } from '../faults.ts'
import { createJaegerQueries } from './queries.ts'
import type { JaegerParts, JaegerQueries } from './queries.ts'
import { refuse, v1Routes } from './v1-routes.ts'
import { v3Routes } from './v3-routes.ts'

export type JaegerRouteParts = { store: JaegerParts['store']; queries: JaegerQueries }

export async function jaegerRoutes(
  app: FastifyInstance,
  { keys, ...parts }: JaegerParts & { keys: Pick<KeyRing, 'grantOf'> },
): Promise<void> {
  const routeParts = { store: parts.store, queries: createJaegerQueries(parts) }
  const keyed = async (scope: FastifyInstance): Promise<void> => {
    scope.addHook('onRequest', async (request) => void keys.grantOf(request.headers, 'read'))
  }
  await app.register(async (scope) => {
    await keyed(scope)
    await v3Routes(scope, routeParts)
  })
  await app.register(
    async (scope) => {
      scope.setNotFoundHandler((request, reply) => {
        const path = `${request.method} ${request.url.split('?')[0]}`
        return refuse(new RequestFault('path_unknown', `${path} is no path of Jaeger's here.`), reply)
      })
      await keyed(scope)
      await scope.register(v1Routes, routeParts)
      await scope.register(v3Routes, routeParts)
    },
    { prefix: '/jaeger' },
  )
}
