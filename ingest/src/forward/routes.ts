// What an operator sees of forwarding and does about it: how each destination is doing, what it refused, sending that
// again, dropping it. Shapes are wire.ts's. Looking needs a key that may read, changing one that may administer.
import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Permission } from '../access/key.ts'
import type { KeyRing } from '../access/key-ring.ts'
import { RequestFault } from '../faults.ts'
import { speakJson, strictQuery } from '../query/answers.ts'
import { documented } from '../query/openapi.ts'
import type { DestinationState, DestinationStore, RefusedBatch } from '../store/destination-store.ts'
import { forwardAnswer, refusedAnswer, refusedQuery, setAsideAnswer, wholeNumber } from '../wire.ts'
import type { ForwardAnswer, RefusedAnswer } from '../wire.ts'
import type { Forward } from './forward.ts'
import { namedSpans } from './named-spans.ts'

export type ForwardRoutesParts = { forward: Forward; store: DestinationStore; keys: KeyRing }

const params = z.object({ name: z.string() })
// Strict: a misspelt id would otherwise mean all of them.
const one = strictQuery(z.object({ id: wholeNumber(1, 2 ** 40).optional() }))
const spansShownMax = 100

const admin = 'needs a key that may administer'
const schemas = {
  status: documented('how far each destination is', forwardAnswer),
  refused: {
    ...documented('batches that a destination refused, oldest first', refusedAnswer),
    params,
    querystring: strictQuery(refusedQuery),
  },
  replay: {
    ...documented(`what was refused is sent again; ${admin}`, setAsideAnswer),
    params,
    querystring: one,
  },
  drop: { ...documented(`what was refused is dropped; ${admin}`, setAsideAnswer), params, querystring: one },
  forget: {
    ...documented(`a destination that is not configured any more is forgotten; ${admin}`, setAsideAnswer),
    params,
  },
}

export const forwardRoutes: FastifyPluginAsyncZod<ForwardRoutesParts> = async (
  app,
  { forward, store, keys },
) => {
  speakJson(app)
  const needing = (permission: Permission) => async (request: FastifyRequest) =>
    void keys.grantOf(request.headers, permission)
  const known = async (name: string): Promise<string> => {
    const states = await store.destinations(forward.choices)
    if (states.some(({ destination }) => destination === name)) return name
    throw unknown(
      name,
      states.map(({ destination }) => destination),
    )
  }

  app.get('/api/forward', { onRequest: needing('read'), schema: schemas.status }, async () => {
    const states = await store.destinations(forward.choices)
    return { destinations: states.map((state) => shownState(state, forward)) }
  })
  app.get(
    '/api/forward/:name/refused',
    { onRequest: needing('read'), schema: schemas.refused },
    async ({ params: { name }, query: { after, limit } }) => {
      const batches = await store.refusedBatches(await known(name), after, limit)
      return { batches: batches.map(shownBatch) }
    },
  )
  app.post(
    '/api/forward/:name/replay',
    { onRequest: needing('admin'), schema: schemas.replay },
    async ({ params: { name }, query: { id } }) => {
      if (forward.stateOf(await known(name)) === undefined) throw off(name)
      return { batches: await store.markReplay(name, id) }
    },
  )
  app.delete(
    '/api/forward/:name/refused',
    { onRequest: needing('admin'), schema: schemas.drop },
    async ({ params: { name }, query: { id } }) => ({
      batches: await store.dropRefused(await known(name), id),
    }),
  )
  app.delete(
    '/api/forward/:name',
    { onRequest: needing('admin'), schema: schemas.forget },
    async ({ params: { name } }) => {
      if (forward.stateOf(await known(name)) !== undefined) throw inUse(name)
      const batches = await store.dropRefused(name, undefined)
      await store.forgetDestination(name)
      return { batches }
    },
  )
}

const nanoseconds = (unixMs: number): string => String(BigInt(Math.round(unixMs)) * 1_000_000n)

function shownState(stored: DestinationState, forward: Forward): ForwardAnswer['destinations'][number] {
  const { destination: name, spansSent, spansRefused, spansSkipped, spansDropped, setAside } = stored
  const configured = forward.destinations.find((each) => each.name === name)
  const run = forward.stateOf(name)
  const { lastError, nextAttemptMs } = run ?? {}
  return {
    name,
    ...(configured && { protocol: configured.protocol, endpoint: withoutQuery(configured.endpoint) }),
    state: run?.state ?? 'off',
    lag: {
      spans: stored.spansBehind,
      bytes: stored.bytesBehind,
      ...(stored.oldestMs !== undefined && { oldestUnixNano: nanoseconds(stored.oldestMs) }),
    },
    spansSent,
    spansRefused,
    spansSkipped,
    setAside,
    spansDropped,
    retries: run?.retries ?? 0,
    ...(lastError && { lastError: { message: lastError.message, atUnixNano: nanoseconds(lastError.atMs) } }),
    ...(nextAttemptMs !== undefined && { nextAttemptUnixNano: nanoseconds(nextAttemptMs) }),
  }
}

function withoutQuery(endpoint: string): string {
  const { origin, pathname } = new URL(endpoint)
  return pathname === '/' ? origin : origin + pathname
}

function shownBatch(batch: RefusedBatch): RefusedAnswer['batches'][number] {
  const { id, refusedMs, reason, spanCount, spansRefused, replay, body } = batch
  return {
    id,
    refusedUnixNano: nanoseconds(refusedMs),
    reason,
    spanCount,
    spansRefused,
    replay,
    spans: namedSpans(body, spansShownMax),
  }
}

function unknown(name: string, known: readonly string[]): RequestFault {
  const others = known.length === 0 ? 'there is none' : `there are ${known.join(', ')}`
  return new RequestFault('destination_unknown', `nothing is forwarded to "${name}": ${others}.`)
}

function off(name: string): RequestFault {
  return new RequestFault(
    'destination_unknown',
    `the destination "${name}" is not configured any more: configure it, so that something can be sent to it.`,
  )
}

function inUse(name: string): RequestFault {
  return new RequestFault(
    'destination_configured',
    `the destination "${name}" is configured: take it out of the configuration and restart, then forget it.`,
  )
}
