// Composes the HTTP applications: the whole service (receiving, querying, health, metrics, the page), and OTLP
// alone for the standard port. No port is opened here, so that they can also be asked by `inject`.
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { fastify, LogController } from 'fastify'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { KeyRing } from './access/key-ring.ts'
import { observeRequests } from './asked/observed-requests.ts'
import type { RequestObserver } from './asked/observed-requests.ts'
import type { IngestConfig } from './config.ts'
import type { Forward } from './forward/forward.ts'
import { forwardRoutes } from './forward/routes.ts'
import { healthRoutes } from './health.ts'
import type { Health } from './health.ts'
import { jaegerRoutes } from './jaeger/routes.ts'
import { connectionsMax, connectionTimeoutMs, keepAliveMs, paramCharsMax } from './limits.ts'
import { metricsRoutes } from './metrics.ts'
import type { Metered } from './metrics.ts'
import { queryFaultOf, sendFault } from './query/answers.ts'
import { describeApi, openApiRoute } from './query/openapi.ts'
import { explorerPage } from './query/page.ts'
import type { QuestionQueue } from './query/question-queue.ts'
import { queryRoutes } from './query/routes.ts'
import type { Receiver } from './receive/receiver.ts'
import { receiveRoutes, unknownOtlpPath } from './receive/routes.ts'
import type { Store } from './store/store.ts'
import { tailRoutes } from './tail/routes.ts'
import type { Tails } from './tail/tails.ts'
import { tempoRoutes } from './tempo/routes.ts'
import type { Tls } from './listen/tls.ts'

export type AppParts = {
  config: Pick<IngestConfig, 'explorerDir' | 'corsOrigins'>
  store: Store
  queue: QuestionQueue
  tails: Tails
  forward: Forward
  metered: Metered
  health: Health
  keys: KeyRing
  receiver: Receiver
  /** Of requests of the API. */
  observers: readonly RequestObserver[]
  /** Undefined: plain HTTP. */
  tls: Tls | undefined
  log: FastifyBaseLogger
}

export async function createApp(parts: AppParts): Promise<FastifyInstance> {
  const { config, store, queue, tails, forward, metered, keys, health, receiver, observers, tls, log } = parts
  const app = bareApp(tls, log)
  observeRequests(app, observers)
  await describeApi(app)
  await app.register(openApiRoute)
  await app.register(healthRoutes, { health })
  await app.register(metricsRoutes, { metered, destinations: { forward, store }, store, keys })
  await app.register(receiveRoutes, { receiver, corsOrigins: config.corsOrigins })
  const { counters, endpoints } = metered
  await app.register(queryRoutes, { store, queue, counters, endpoints, keys })
  await app.register(tailRoutes, { tails, store, counters, keys })
  await app.register(forwardRoutes, { forward, store, keys })
  await app.register(tempoRoutes, { store, queue, keys, health })
  await app.register(jaegerRoutes, { store, queue, keys })
  await app.register(explorerPage, { dir: config.explorerDir })
  return app
}

export type OtlpAppParts = Pick<AppParts, 'health' | 'receiver' | 'tls' | 'log'> & {
  config: Pick<IngestConfig, 'corsOrigins'>
}

export async function createOtlpApp({
  config: { corsOrigins },
  health,
  receiver,
  tls,
  log,
}: OtlpAppParts): Promise<FastifyInstance> {
  const app = bareApp(tls, log)
  await app.register(healthRoutes, { health })
  await app.register(receiveRoutes, { receiver, corsOrigins })
  app.setNotFoundHandler((request, reply) => unknownOtlpPath(request, reply))
  return app
}

function bareApp(tls: Tls | undefined, log: FastifyBaseLogger): FastifyInstance {
  const app: FastifyInstance = fastify({
    loggerInstance: log,
    // Names of services and attributes stand in paths.
    routerOptions: { maxParamLength: paramCharsMax },
    // A line a request would be thousands a second; failures are logged where they happen.
    logController: new LogController({ disableRequestLogging: true }),
    serverFactory: (answer) => httpServer(answer, tls),
    forceCloseConnections: 'idle',
    // Requests that come while it ends are still answered, with Connection: close.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => void sendFault(queryFaultOf(error, request), reply),
  })
  app.setErrorHandler(async (error, request, reply) => sendFault(queryFaultOf(error, request), reply))
  return app
}

function httpServer(answer: RequestListener, tls: Tls | undefined): Server {
  const limits = { requestTimeout: connectionTimeoutMs, keepAliveTimeout: keepAliveMs }
  const secure = tls && createSecureServer({ ...limits, ...tls.options }, answer)
  if (secure) tls.follow(secure)
  const server = secure ?? createServer(limits, answer)
  server.maxConnections = connectionsMax
  return server
}
