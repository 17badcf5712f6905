// Tempo's HTTP API over the store: Grafana's Tempo data source and its traces drilldown work on it unchanged. Registered
// under /tempo, and at the root where the own API has no path of that name. Shapes: schema.ts; parameters:
// https://grafana.com/docs/tempo/latest/api_docs/; refusals are plain text.
import type { FastifyInstance } from 'fastify'
import type { KeyRing } from '../access/key-ring.ts'
import { RequestFault } from '../faults.ts'
import type { Health } from '../health.ts'
import { queryFaultOf } from '../query/answers.ts'
import type { QuestionQueue } from '../query/question-queue.ts'
import type { Store } from '../store/store.ts'
import { sendJson, sendRefusal } from './answer.ts'
import { metricsRoutes } from './metrics-routes.ts'
import { searchRoutes } from './search-routes.ts'
import { tagRoutes } from './tag-routes.ts'
import { traceRoutes, traceV1Route } from './trace-routes.ts'

export type TempoParts = {
  store: Store
  queue: QuestionQueue
  keys: Pick<KeyRing, 'grantOf'>
  health: Pick<Health, 'unreadiness'>
}

/** Grafana chooses features by it: what of Tempo's API there is here. */
const tempoVersion = '2.9.0'

export async function tempoRoutes(app: FastifyInstance, parts: TempoParts): Promise<void> {
  await app.register(async (scope) => {
    speakText(scope)
    await openRoutes(scope, parts)
    await keyedRoutes(scope, parts)
  })
  await app.register(
    async (scope) => {
      speakText(scope)
      scope.setNotFoundHandler((request) => {
        throw new RequestFault(
          'path_unknown',
          `${request.method} ${request.url.split('?')[0]} is no path of Tempo's.`,
        )
      })
      await openRoutes(scope, parts)
      await keyedRoutes(scope, parts)
      // At the root it is the own API's.
      await traceV1Route(scope, parts)
    },
    { prefix: '/tempo' },
  )
}

function speakText(scope: FastifyInstance): void {
  scope.setErrorHandler(async (error, request, reply) => sendRefusal(queryFaultOf(error, request), reply))
}

/** Without a key, as health is. */
async function openRoutes(scope: FastifyInstance, { health }: TempoParts): Promise<void> {
  scope.get('/api/echo', (_request, reply) => reply.type('text/plain; charset=utf-8').send('echo'))
  scope.get('/ready', (_request, reply) => {
    const reason = health.unreadiness()
    void reply.type('text/plain; charset=utf-8')
    return reason === undefined ? reply.send('ready\n') : reply.code(503).send(`not ready: ${reason}\n`)
  })
  scope.get('/api/status/buildinfo', (_request, reply) =>
    sendJson(
      reply,
      JSON.stringify({
        version: tempoVersion,
        revision: 'probespan',
        branch: '',
        buildUser: '',
        buildDate: '',
        goVersion: '',
      }),
    ),
  )
}

async function keyedRoutes(scope: FastifyInstance, parts: TempoParts): Promise<void> {
  await scope.register(async (keyed) => {
    keyed.addHook('onRequest', async (request) => void parts.keys.grantOf(request.headers, 'read'))
    await searchRoutes(keyed, parts)
    await tagRoutes(keyed, parts)
    await metricsRoutes(keyed, parts)
    await traceRoutes(keyed, parts)
  })
}
