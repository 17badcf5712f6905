// The shop as a Fastify app that may be listened on or injected into. In: probes, a clock in Unix nanoseconds, a log and
// chance. /healthz is answered outside of the observed context: no probe, no log line. Bound: bodies of 16 KiB.
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { observeRequests } from './observation.ts'
import type { ShopParts } from './observation.ts'
import { requestIds } from './request-id.ts'
import { addOrderRoutes, addProductRoutes } from './routes.ts'

const bodyBytesMax = 16 * 1024

export function createShop(parts: ShopParts): FastifyInstance {
  const app = fastify({ genReqId: requestIds(parts.clock()), bodyLimit: bodyBytesMax })
  freeConnections(app)
  void app.register((observed, _options, done) => {
    observeRequests(observed, parts)
    observed.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'no such page' }))
    addProductRoutes(observed)
    addOrderRoutes(observed)
    done()
  })
  app.get('/healthz', () => ({ status: 'ok' }))
  return app
}

/** Once the shop closes, an answer frees its connection; kept alive, it would hold up the close until its deadline. */
function freeConnections(app: FastifyInstance): void {
  let closing = false
  app.addHook('preClose', (done) => {
    closing = true
    done()
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) reply.header('connection', 'close')
    done(null, payload)
  })
}
