import { expect, test } from 'vitest'
import { createEndpoints, endpointsMax, otherEndpoints } from './endpoint.ts'

test('spans are summed by endpoint and source, with the last time', () => {
  const endpoints = createEndpoints()
  endpoints.saw([{ endpoint: 'prod-us-2', source: 'otlp', spanCount: 1 }], 1_000)
  endpoints.saw(
    [
      { endpoint: 'prod-eu-1', source: 'beyla', spanCount: 2 },
      { endpoint: 'prod-us-2', source: 'otlp', spanCount: 3 },
    ],
    2_000,
  )
  expect(endpoints.list()).toEqual([
    { name: 'prod-eu-1', sources: [{ source: 'beyla', spans: 2, lastSeenUnixNano: '2000000000' }] },
    { name: 'prod-us-2', sources: [{ source: 'otlp', spans: 4, lastSeenUnixNano: '2000000000' }] },
  ])
})

test('names without end are counted together', () => {
  const endpoints = createEndpoints()
  for (let index = 0; index < endpointsMax + 5; index++) {
    endpoints.saw([{ endpoint: `e${index}`, source: 'otlp', spanCount: 1 }], 0)
  }
  const list = endpoints.list()
  expect(list).toHaveLength(endpointsMax + 1)
  expect(list.find(({ name }) => name === otherEndpoints)?.sources[0]?.spans).toBe(5)
})
