// `GET /api/dependencies`: who calls whom, with rate, errors and durations.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import type { Store } from '../store/store.ts'
import { dependenciesAnswer, dependenciesQuery } from '../wire.ts'
import type { DependenciesAnswer } from '../wire.ts'
import { strictQuery } from './answers.ts'
import { documented } from './openapi.ts'
import { secondsOf, wholeRangeOf } from './range.ts'
import type { QueryParts } from './routes.ts'
import { shownNano } from './shown.ts'

export const dependencyRoutes: FastifyPluginAsyncZod<QueryParts> = async (app, { store }) => {
  app.get(
    '/api/dependencies',
    {
      schema: {
        ...documented('who calls whom, with rate, errors and durations', dependenciesAnswer),
        querystring: strictQuery(dependenciesQuery),
      },
    },
    async ({ query }) => dependencies(query, store),
  )
}

async function dependencies(
  { start, end, source }: z.infer<typeof dependenciesQuery>,
  store: Store,
): Promise<DependenciesAnswer> {
  const range = wholeRangeOf({ start, end }, Date.now())
  const { dependencies: edges, countedUntil } = await store.dependencies({ ...range, source })
  return {
    start: String(range.start),
    end: String(range.end),
    dependencies: edges
      .toSorted((a, b) => b.calls - a.calls)
      .map(({ p50, p95, p99, ...edge }) => ({
        ...edge,
        rate: edge.calls / secondsOf(range),
        p50Nano: shownNano(p50),
        p95Nano: shownNano(p95),
        p99Nano: shownNano(p99),
      })),
    ...(countedUntil !== undefined && { countedUntil: String(countedUntil) }),
  }
}
