import { expect, test } from 'vitest'
import { regroupTrace } from './trace-regroup.ts'
import { exportRequestType } from './schema.ts'

const all = (): boolean => true
const encoded = (request: object): Buffer => Buffer.from(exportRequestType.encode(request).finish())
const decoded = (bytes: Buffer): object => exportRequestType.decode(bytes).toJSON()
const span = (name: string, more: object = {}): object => ({ name, status: { code: 1 }, ...more })
const service = (name: string): object => ({
  attributes: [{ key: 'service.name', value: { stringValue: name } }],
})

test('resources and scopes that come again are written once, others stay apart', () => {
  const first = encoded({
    resourceSpans: [
      {
        resource: service('shop'),
        schemaUrl: 'u',
        scopeSpans: [{ scope: { name: 'http' }, spans: [span('a')] }],
      },
      { resource: service('db'), scopeSpans: [{ scope: { name: 'sql' }, spans: [span('b')] }] },
    ],
  })
  const second = encoded({
    resourceSpans: [
      {
        resource: service('shop'),
        schemaUrl: 'u',
        scopeSpans: [
          { scope: { name: 'http' }, spans: [span('c'), span('d')] },
          { scope: { name: 'http', version: '2' }, spans: [span('e')] },
        ],
      },
      // The same resource under another schema is another.
      {
        resource: service('shop'),
        schemaUrl: 'v',
        scopeSpans: [{ scope: { name: 'http' }, spans: [span('f')] }],
      },
    ],
  })
  const trace = regroupTrace([
    { body: first, wanted: all },
    { body: second, wanted: (at) => at !== 1 },
  ])
  expect(decoded(trace)).toEqual(
    exportRequestType
      .fromObject({
        resourceSpans: [
          {
            resource: service('shop'),
            schemaUrl: 'u',
            scopeSpans: [
              { scope: { name: 'http' }, spans: [span('a'), span('c')] },
              { scope: { name: 'http', version: '2' }, spans: [span('e')] },
            ],
          },
          { resource: service('db'), scopeSpans: [{ scope: { name: 'sql' }, spans: [span('b')] }] },
          {
            resource: service('shop'),
            schemaUrl: 'v',
            scopeSpans: [{ scope: { name: 'http' }, spans: [span('f')] }],
          },
        ],
      })
      .toJSON(),
  )
})

test('what a sender left out as empty is there', () => {
  const sent = encoded({
    resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'bare' }, { name: 'set', status: {} }] }] }],
  })
  expect(decoded(regroupTrace([{ body: sent, wanted: all }]))).toEqual({
    resourceSpans: [
      {
        resource: {},
        scopeSpans: [
          {
            scope: {},
            spans: [
              { name: 'bare', status: {} },
              { name: 'set', status: {} },
            ],
          },
        ],
      },
    ],
  })
})

test('nothing wanted is nothing written', () => {
  const sent = encoded({ resourceSpans: [{ scopeSpans: [{ spans: [span('a')] }] }] })
  expect(regroupTrace([{ body: sent, wanted: () => false }])).toHaveLength(0)
})
