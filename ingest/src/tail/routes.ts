// `GET /api/tail`: new spans as server-sent events until the reader leaves or the service stops. In: filters, and where to
// go on from as `Last-Event-ID`; out: a stream. Needs a key that may read, as long as it lasts.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { KeyRing } from '../access/key-ring.ts'
import { lastingRequest } from '../asked/observed-requests.ts'
import type { Counters } from '../counters.ts'
import { RequestFault } from '../faults.ts'
import { tailClientsMax } from '../limits.ts'
import { speakJson, strictQuery } from '../query/answers.ts'
import { documented } from '../query/openapi.ts'
import { tailQuery } from '../wire.ts'
import { TailClient } from './tail-client.ts'
import { tailCondition } from './tail-condition.ts'
import { readPlace } from './tail-place.ts'
import type { TailPlace } from './tail-place.ts'
import type { Tails, TailStore } from './tails.ts'

export type TailParts = { tails: Tails; store: TailStore; counters: Counters; keys: KeyRing }

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies that gather what they pass on, such as nginx, would hold events back.
  'x-accel-buffering': 'no',
}

export const tailRoutes: FastifyPluginAsyncZod<TailParts> = async (app, { tails, store, counters, keys }) => {
  speakJson(app)
  app.addHook('onRequest', async (request) => void keys.grantOf(request.headers, 'read'))
  // Before the server waits for its requests to end.
  app.addHook('preClose', async () => tails.end())

  app.get(
    '/api/tail',
    {
      // There is no end to answer with.
      exposeHeadRoute: false,
      schema: {
        ...documented('new spans that fit, as server-sent events', z.string()),
        produces: ['text/event-stream'],
        querystring: strictQuery(tailQuery),
      },
    },
    async (request, reply) => {
      const { query, headers, signal } = request
      const condition = tailCondition(query)
      const place = await placeOf(headers['last-event-id'], store)
      if (signal.aborted) return reply
      if (tails.isFull) throw tooMany()
      lastingRequest(request)
      reply.hijack()
      const { raw: stream } = reply
      stream.writeHead(200, streamHeaders)
      const mayRead = (): boolean => isGranted(keys, request.headers)
      const client = new TailClient({ stream, condition, place, spansPerS: query.limit, mayRead, counters })
      stream.once('close', () => tails.remove(client))
      tails.add(client)
    },
  )
}

/** A reader that knows of blocks that are not there had them of another database: it begins with what comes now. */
async function placeOf(lastEventId: string | string[] | undefined, store: TailStore): Promise<TailPlace> {
  const last = await store.lastBlock()
  if (lastEventId === undefined || lastEventId === '') return { block: last, done: 0 }
  const place = readPlace(String(lastEventId))
  if (place === undefined) {
    throw new RequestFault(
      'parameter_invalid',
      `Last-Event-ID is ${JSON.stringify(lastEventId)}: it must be the id of an event of this tail. Leave it out to begin with what comes now.`,
    )
  }
  return place.block > last ? { block: last, done: 0 } : place
}

function isGranted(keys: KeyRing, headers: Parameters<KeyRing['grantOf']>[0]): boolean {
  try {
    keys.grantOf(headers, 'read')
    return true
  } catch {
    return false
  }
}

function tooMany(): RequestFault {
  return new RequestFault(
    'tails_busy',
    `${tailClientsMax} live tails are open, the most there may be: close one, or come again later.`,
  )
}
