// Hooks that open an exchange for each request when it arrives and end it exactly once: when the response is finished,
// or when the connection is closed before. And what route code calls to do observed work. Bound: none of its own.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { setMaxListeners } from 'node:events'
import type { Probes } from './addon.ts'
import { Exchange } from './exchange.ts'
import { drawFate } from './fate.ts'
import type { Random } from './random.ts'
import type { LogLine } from './request-log.ts'
import { parseTraceparent } from './traceparent.ts'

export interface ShopParts {
  probes: Probes
  /** Unix nanoseconds, never stepping back. */
  clock: () => bigint
  log: (line: LogLine) => void
  random: Random
}

/** Observes every request of the given context. */
export function observeRequests(context: FastifyInstance, parts: ShopParts): void {
  const { random, ...rest } = parts
  context.decorateRequest('exchange')
  context.addHook('onRequest', (request, reply, done) => {
    const exchange = new Exchange({
      id: request.id,
      method: request.method,
      route: request.routeOptions.url ?? '',
      traceparent: parseTraceparent(request.headers.traceparent),
      fate: drawFate(random),
      ...rest,
    })
    request.setDecorator('exchange', exchange)
    endOnce(exchange, request, reply)
    done()
  })
}

/** Fires query_start and query_end around a simulated query that gives `rows`. */
export function query<T>(request: FastifyRequest, sql: string, rows: readonly T[]): Promise<readonly T[]> {
  return request.getDecorator<Exchange>('exchange').query(sql, rows)
}

/** Fires payment_start and payment_end around a simulated payment; gives whether it was approved. */
export function pay(request: FastifyRequest, provider: string, amountCents: number): Promise<boolean> {
  return request.getDecorator<Exchange>('exchange').pay(provider, amountCents)
}

/**
 * Listens to the socket itself: Fastify's onRequestAbort is not told of a request whose body was read before, and a
 * pipelined response whose turn had not come is closed by Node 24 but not by Node 20 (tried).
 */
function endOnce(exchange: Exchange, request: FastifyRequest, reply: FastifyReply): void {
  const { socket } = request.raw
  const closed = (): void => void exchange.clientGone()
  // As many listeners as a client has requests on one connection: Node's warning at 10 would call that a leak.
  setMaxListeners(0, socket)
  socket.once('close', closed)
  reply.raw.once('finish', () => {
    socket.off('close', closed)
    exchange.finish(reply.statusCode)
  })
}
