// What there is: services, operations, who sends, attributes and their values, counters.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { counters as countersAnswer } from '../counters.ts'
import {
  attributeParams,
  attributesAnswer,
  attributesQuery,
  endpointsAnswer,
  operationsAnswer,
  serviceParams,
  servicesAnswer,
  valuesAnswer,
  valuesQuery,
} from '../wire.ts'
import { strictQuery } from './answers.ts'
import { documented } from './openapi.ts'
import { rangeOf } from './range.ts'
import type { QueryParts } from './routes.ts'
import { shownAnswered, shownValue } from './shown.ts'
import { conditionOf } from './span-condition.ts'

export const listRoutes: FastifyPluginAsyncZod<QueryParts> = async (
  app,
  { store, counters, endpoints, queue },
) => {
  app.get(
    '/api/services',
    { schema: documented('services and the sources that sent them', servicesAnswer) },
    async () => ({ services: await store.services() }),
  )
  app.get(
    '/api/services/:name/operations',
    {
      schema: {
        ...documented('span names of a service, with the kinds they come in', operationsAnswer),
        params: serviceParams,
      },
    },
    async ({ params }) => ({ operations: await store.operations(params.name) }),
  )
  app.get(
    '/api/attributes',
    {
      schema: {
        ...documented('attribute keys, counted over the newest spans in range', attributesAnswer),
        querystring: strictQuery(attributesQuery),
      },
    },
    async ({ query: { start, end, ...choice }, signal }) => {
      const question = { ...rangeOf({ start, end }), ...choice }
      const found = await queue.take(signal, (budget) => store.attributeKeys({ ...question, budget }))
      return { keys: found.keys, ...shownAnswered(found) }
    },
  )
  app.get(
    '/api/attributes/:key/values',
    {
      schema: {
        ...documented('the most frequent values of an attribute', valuesAnswer),
        params: attributeParams,
        querystring: strictQuery(valuesQuery),
      },
    },
    async ({ params: { key }, query: { start, end, scope, limit, ...filters }, signal }) => {
      const question = {
        ...rangeOf({ start, end }),
        field: { type: 'attribute', scope, key, ofParent: false } as const,
        condition: conditionOf(filters),
        limit,
      }
      const found = await queue.take(signal, (budget) => store.fieldValues({ ...question, budget }))
      const values = found.values.map(({ value, spans }) => ({ value: shownValue(value), spans }))
      return { values, ...shownAnswered(found) }
    },
  )
  app.get(
    '/api/endpoints',
    {
      schema: documented('who has sent since the service started, by service.namespace', endpointsAnswer),
    },
    async () => ({ endpoints: endpoints.list() }),
  )
  app.get(
    '/api/counters',
    {
      schema: documented('what was taken, refused, discarded and forwarded since the start', countersAnswer),
    },
    async () => counters,
  )
}
