// Tempo's lists of tags and their values, which Grafana offers to who types a query.
import { expect, test } from 'vitest'
import { sharedIngest } from './shared-ingest.ts'
import { range, shopRequest } from './shop-traces.ts'
import { askTempo as ask } from './tempo-client.ts'
import type { Answer } from './tempo-client.ts'

const { url: shop } = sharedIngest([shopRequest])

test('lists of tags, by scope and without, with intrinsics where they belong', async () => {
  const url = shop()
  const v2 = await ask(`${url}/api/v2/search/tags?${range}`, 'SearchTagsV2Response')
  const scopes = Object.fromEntries(v2['scopes'].map(({ name, tags }: Answer) => [name, tags]))
  expect(scopes['resource']).toEqual(['deployment.environment', 'service.name'])
  expect(scopes['span']).toEqual([
    'db.system.name',
    'http.route',
    'http.status_code',
    'items',
    'ratio',
    'retry',
  ])
  expect(scopes['event']).toEqual(['exception.message', 'exception.type'])
  expect(scopes['intrinsic']).toEqual(
    expect.arrayContaining(['name', 'status', 'kind', 'span:name', 'rootServiceName', 'event:name']),
  )
  const one = await ask(`${url}/api/v2/search/tags?scope=resource&${range}`, 'SearchTagsV2Response')
  expect(one['scopes']).toEqual([{ name: 'resource', tags: scopes['resource'] }])
  const v1 = await ask(`${url}/api/search/tags`, 'SearchTagsResponse')
  expect(v1['tagNames']).toEqual(expect.arrayContaining(['service.name', 'http.route', 'exception.type']))
  expect(v1['tagNames']).not.toContain('name')
  expect((await ask(`${url}/api/search/tags?scope=intrinsic`, 'SearchTagsResponse'))['tagNames']).toContain(
    'name',
  )
})

test.for([
  [
    'resource.service.name',
    '',
    [
      ['string', 'catalog'],
      ['string', 'payments'],
      ['string', 'shop'],
      ['string', 'unknown_service'],
    ],
  ],
  [
    '.http.route',
    '',
    [
      ['string', '/checkout'],
      ['string', '/products'],
    ],
  ],
  [
    'span.http.status_code',
    '',
    [
      ['int', '200'],
      ['int', '500'],
    ],
  ],
  ['span.retry', '', [['bool', 'true']]],
  ['span.ratio', '', [['float', '0.5']]],
  [
    'status',
    '',
    [
      ['keyword', 'unset'],
      ['keyword', 'ok'],
      ['keyword', 'error'],
    ],
  ],
  [
    'span:kind',
    '',
    ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'].map((kind) => ['keyword', kind]),
  ],
  ['rootServiceName', '', [['string', 'shop']]],
  [
    'name',
    '{ resource.service.name = "payments" && span.',
    [
      ['string', 'Pay'],
      ['string', 'check'],
    ],
  ],
  ['name', '{ resource.service.name="payments" && kind=server }', [['string', 'Pay']]],
  ['event:name', '', [['string', 'exception']]],
  ['event.exception.type', '', [['string', 'Refused']]],
  ['duration', '', []],
  ['span.nothing', '', []],
] as const)('values of %s %s', async ([tag, q, expected]) => {
  const url = shop()
  const path = `/api/v2/search/tag/${encodeURIComponent(tag)}/values?q=${encodeURIComponent(q)}&${range}`
  const { tagValues = [] } = await ask(url + path, 'SearchTagValuesV2Response')
  expect(tagValues.map(({ type, value }: Answer) => [type, value])).toEqual(expected)
})

test('values for older clients are texts, of names without a scope', async () => {
  const url = shop()
  const values = async (tag: string) =>
    (await ask(`${url}/tempo/api/search/tag/${tag}/values`, 'SearchTagValuesResponse'))['tagValues']
  expect(await values('service.name')).toEqual(['catalog', 'payments', 'shop', 'unknown_service'])
  expect(await values('http.status_code')).toEqual(['200', '500'])
  expect(await values('status.code')).toEqual(['unset', 'ok', 'error'])
  expect(await values('error')).toEqual(['true'])
})
