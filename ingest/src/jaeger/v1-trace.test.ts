import { expect, test } from 'vitest'
import type { Span } from '../wire.ts'
import { jaegerTrace } from './v1-trace.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'

function span(given: Partial<Span>): Span {
  return {
    traceId,
    spanId: 'b7ad6b7169203331',
    name: 'GET /',
    kind: 'UNSPECIFIED',
    startUnixNano: '1700000000123456789',
    durationNano: '1500',
    status: { code: 'UNSET' },
    source: 'otlp',
    service: 'shop',
    attributes: [],
    events: [],
    links: [],
    resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
    scope: { name: '', version: '' },
    ...given,
  }
}

const one = (given: Partial<Span>) => jaegerTrace(traceId, [span(given)]).spans[0]

test('a bare span: microseconds cut off, empty lists, no warnings', () => {
  expect(jaegerTrace(traceId, [span({})])).toEqual({
    traceID: traceId,
    spans: [
      {
        traceID: traceId,
        spanID: 'b7ad6b7169203331',
        operationName: 'GET /',
        references: [],
        startTime: 1_700_000_000_123_456,
        duration: 1,
        tags: [],
        logs: [],
        processID: 'p1',
        warnings: null,
      },
    ],
    processes: { p1: { serviceName: 'shop', tags: [] } },
    warnings: null,
  })
})

test('what OTLP has beside attributes becomes tags, in the order of the translator', () => {
  const tags = one({
    scope: { name: 'net/http', version: '1.2' },
    kind: 'SERVER',
    status: { code: 'ERROR', message: 'no room' },
    traceState: 'a=1',
    attributes: [{ key: 'http.route', value: { stringValue: '/' } }],
  })?.tags
  expect(tags).toEqual([
    { key: 'otel.scope.name', type: 'string', value: 'net/http' },
    { key: 'otel.scope.version', type: 'string', value: '1.2' },
    { key: 'http.route', type: 'string', value: '/' },
    { key: 'span.kind', type: 'string', value: 'server' },
    { key: 'otel.status_code', type: 'string', value: 'ERROR' },
    { key: 'error', type: 'bool', value: true },
    { key: 'otel.status_description', type: 'string', value: 'no room' },
    { key: 'w3c.tracestate', type: 'string', value: 'a=1' },
  ])
})

test('attributes keep their types; lists and maps are JSON', () => {
  const values = [
    { boolValue: false },
    { intValue: '42' },
    { intValue: '9007199254740993' },
    { doubleValue: 0.5 },
    { bytesValue: 'AAE=' },
    { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }] } },
    { kvlistValue: { values: [{ key: 'k', value: { boolValue: true } }] } },
    {},
  ]
  expect(one({ attributes: values.map((value) => ({ key: 'x', value })) })?.tags).toEqual(
    [
      ['bool', false],
      ['int64', 42],
      ['int64', '9007199254740993'],
      ['float64', 0.5],
      ['binary', 'AAE='],
      ['string', '["a",1]'],
      ['string', '{"k":true}'],
      ['string', ''],
    ].map(([type, value]) => ({ key: 'x', type, value })),
  )
})

test('the parent comes first, links follow; a link to the parent only tells its type; empty links are none', () => {
  const parentSpanId = '00000000000000aa'
  const link = (spanId: string, type?: string) => ({
    traceId,
    spanId,
    attributes: type === undefined ? [] : [{ key: 'opentracing.ref_type', value: { stringValue: type } }],
  })
  const links = [link('00000000000000bb'), link('00000000000000cc', 'child_of'), link('0'.repeat(16))]
  expect(one({ parentSpanId, links })?.references).toEqual([
    { refType: 'CHILD_OF', traceID: traceId, spanID: parentSpanId },
    { refType: 'FOLLOWS_FROM', traceID: traceId, spanID: '00000000000000bb' },
    { refType: 'CHILD_OF', traceID: traceId, spanID: '00000000000000cc' },
  ])
  expect(one({ parentSpanId, links: [link(parentSpanId, 'follows_from')] })?.references).toEqual([
    { refType: 'FOLLOWS_FROM', traceID: traceId, spanID: parentSpanId },
  ])
})

test('an event is a log; its name is a field unless the sender has one of that key', () => {
  const timeUnixNano = '1700000000000001999'
  const named = { key: 'event', value: { stringValue: 'mine' } }
  expect(
    one({
      events: [
        { timeUnixNano, name: 'exception', attributes: [] },
        { timeUnixNano, name: 'exception', attributes: [named] },
      ],
    })?.logs,
  ).toEqual([
    { timestamp: 1_700_000_000_000_001, fields: [{ key: 'event', type: 'string', value: 'exception' }] },
    { timestamp: 1_700_000_000_000_001, fields: [{ key: 'event', type: 'string', value: 'mine' }] },
  ])
})

test('a span that ends before it starts has no duration and a warning', () => {
  expect(one({ durationNano: '-5000' })).toMatchObject({
    duration: 0,
    warnings: [expect.stringContaining('-5000 ns')],
  })
})

test('spans of the same resource share a process, others have their own', () => {
  const resource = (host: string): Span['resource'] => ({
    attributes: [
      { key: 'service.name', value: { stringValue: 'shop' } },
      { key: 'host.name', value: { stringValue: host } },
    ],
  })
  const trace = jaegerTrace(traceId, [
    span({ resource: resource('a') }),
    span({ resource: resource('b') }),
    span({ resource: resource('a') }),
    span({ resource: resource('a'), service: 'other' }),
  ])
  expect(trace.spans.map(({ processID }) => processID)).toEqual(['p1', 'p2', 'p1', 'p3'])
  expect(trace.processes['p2']).toEqual({
    serviceName: 'shop',
    tags: [{ key: 'host.name', type: 'string', value: 'b' }],
  })
})
