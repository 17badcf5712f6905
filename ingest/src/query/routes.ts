// The JSON API over the store: traces, what is in them, figures, and its own description. Shapes are wire.ts's; errors are
// `apiError`s whose message names the bad parameter and its value. Everything needs a key that may read.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { KeyRing } from '../access/key-ring.ts'
import type { Counters } from '../counters.ts'
import type { Store } from '../store/store.ts'
import type { Endpoints } from '../tag/endpoint.ts'
import { speakJson } from './answers.ts'
import { dependencyRoutes } from './dependency-routes.ts'
import { figureRoutes } from './figure-routes.ts'
import { listRoutes } from './list-routes.ts'
import type { QuestionQueue } from './question-queue.ts'
import { traceListRoutes } from './trace-list-routes.ts'
import { traceRoutes } from './trace-routes.ts'

export type QueryParts = {
  store: Store
  counters: Counters
  keys: KeyRing
  endpoints: Pick<Endpoints, 'list'>
  queue: QuestionQueue
}

export const queryRoutes: FastifyPluginAsyncZod<QueryParts> = async (app, parts) => {
  speakJson(app)
  app.addHook('onRequest', async (request) => void parts.keys.grantOf(request.headers, 'read'))
  await app.register(traceListRoutes, parts)
  await app.register(traceRoutes, parts)
  await app.register(listRoutes, parts)
  await app.register(figureRoutes, parts)
  await app.register(dependencyRoutes, parts)
}
