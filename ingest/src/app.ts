// Composes the HTTP application over a store: receiving, querying, health and the page. No port is opened here, so
// that it can also be asked by `inject`.
import { fastify, LogController } from 'fastify'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { IngestConfig } from './config.ts'
import type { Counters } from './counters.ts'
import { requestTimeoutMs } from './limits.ts'
import { explorerPage } from './query/page.ts'
import { queryFaultOf, queryRoutes, sendFault } from './query/routes.ts'
import { createKeyCheck } from './key.ts'
import { receiveRoutes } from './receive/routes.ts'
import type { Store } from './store/store.ts'

export type AppParts = {
  config: Pick<IngestConfig, 'apiKey' | 'explorerDir' | 'ingestionEnabled'>
  store: Store
  counters: Counters
  log: FastifyBaseLogger
}

export async function createApp({ config, store, counters, log }: AppParts): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    loggerInstance: log,
    // A line a request would be thousands a second; failures are logged where they happen.
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => void sendFault(queryFaultOf(error, request), reply),
  })
  app.setErrorHandler(async (error, request, reply) => sendFault(queryFaultOf(error, request), reply))
  const checkKey = createKeyCheck(config.apiKey)
  app.get('/healthz', () => ({ status: 'ok' }))
  await app.register(receiveRoutes, { store, counters, checkKey, enabled: config.ingestionEnabled })
  await app.register(queryRoutes, { store, counters, checkKey })
  await app.register(explorerPage, { dir: config.explorerDir })
  return app
}
