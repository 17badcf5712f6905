// Whether the service lives, and whether it can take traces now. It cannot for a while after a commit failed, unless a
// later one succeeded; then it says it can again, since only traffic shows whether the disk works.
import type { FastifyInstance } from 'fastify'

export type Health = {
  committed(): void
  commitFailed(reason: string): void
  /** Undefined: ready. */
  unreadiness(): string | undefined
}

export const failureCountsMs = 10_000

export function createHealth(nowMs: () => number = () => performance.now()): Health {
  let failure: { reason: string; atMs: number } | undefined
  return {
    committed: () => (failure = undefined),
    commitFailed: (reason) => (failure = { reason, atMs: nowMs() }),
    unreadiness() {
      return failure !== undefined && nowMs() - failure.atMs < failureCountsMs ? failure.reason : undefined
    },
  }
}

export async function healthRoutes(app: FastifyInstance, { health }: { health: Health }): Promise<void> {
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/readyz', (_request, reply) => {
    const reason = health.unreadiness()
    return reason === undefined ? { status: 'ready' } : reply.code(503).send({ status: 'not ready', reason })
  })
}
