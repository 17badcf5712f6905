// What would break: times that are rounded on the way out, children without their parent, wrong kind, status or name.
// The bytes that the exporter sends are read back by the wire format.
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeTraces, type DecodedSpan } from '../../test/otlp-decode.ts'
import { probeEvent, spanDefinition, type EventParts } from '../../test/probe-events.ts'
import type { AttributeDefinition, Phase, SpanDefinition, SpanKindName } from '../definition/definition.ts'
import type { MatchedSpan } from '../match/matcher.ts'
import { requestOf } from '../../test/otlp-encode.ts'
import { BinaryContext, traceOfHex } from './binary-context.ts'
import { readableSpan } from './readable-span.ts'

const context = new BinaryContext(traceOfHex('4bf92f3577b34da6a3ce929d0e0e4736'), 0x00f067aa, 0x0ba902b7, 1)
const parent = { traceId: context.traceId, spanId: 'b7ad6b7169203331', traceFlags: 1 }

type Parts = {
  definition?: Partial<SpanDefinition>
  start?: EventParts
  end?: EventParts
  parent?: MatchedSpan['parent']
  textBytes?: number
}

function sent({ definition, start, end, parent, textBytes }: Parts): DecodedSpan {
  const span = spanDefinition(definition)
  const matched: MatchedSpan = {
    definition: span,
    start: probeEvent({ span, ...start }),
    end: probeEvent({ span, phase: 'end', ...end }),
    incomplete: undefined,
    context,
    parent,
    events: [],
    nearLoss: false,
  }
  const resource = resourceFromAttributes({ 'service.name': 'shop', 'process.pid': 7 })
  const readable = readableSpan(matched, resource, textBytes)
  const sdks = decodeTraces(Buffer.from(ProtobufTraceSerializer.serializeRequest([readable]) ?? []))
  const ours = decodeTraces(requestOf([readable]))
  expect(ours).toEqual(sdks)
  return ours[0]!
}

const keys = (at: Phase, ...names: string[]): AttributeDefinition[] =>
  names.map((key) => ({ key, at, expression: key }))
const time = fc.bigInt({ min: 0n, max: 2n ** 62n })

test('kernel times arrive to the nanosecond', () => {
  fc.assert(
    fc.property(time, time, (a, b) => {
      const [startNs, endNs] = a < b ? [a, b] : [b, a]
      expect(sent({ start: { atNs: startNs }, end: { atNs: endNs } })).toMatchObject({
        startNs,
        endNs,
      })
    }),
  )
})

test('the program’s own times win over the kernel’s, to the nanosecond', () => {
  fc.assert(
    fc.property(time, time, (startNs, durationNs) => {
      const start = { atNs: 1n, programStartNs: startNs }
      const end = { atNs: 2n, programDurationNs: durationNs }
      expect(sent({ start, end })).toMatchObject({ startNs, endNs: startNs + durationNs })
    }),
  )
})

test.each<[SpanKindName, number]>([
  ['internal', 1],
  ['server', 2],
  ['client', 3],
  ['producer', 4],
  ['consumer', 5],
])('kind %s', (kind, expected) => {
  expect(sent({ definition: { kind } }).kind).toBe(expected)
})

test('an error at the end is the status; no error leaves it unset', () => {
  expect(sent({ end: { error: true } }).statusCode).toBe(2)
  expect(sent({ end: { error: false } }).statusCode).toBe(0)
  expect(sent({}).statusCode).toBe(0)
})

test('identity: trace, span and parent', () => {
  expect(sent({ parent })).toMatchObject({
    traceId: context.traceId,
    spanId: context.spanId,
    parentSpanId: parent.spanId,
  })
  expect(sent({}).parentSpanId).toBe('')
})

test('attributes of both sides with their types, the thread, the resource and the scope', () => {
  const span = sent({
    definition: { attributes: [...keys('start', 'id', 'n', 'big'), ...keys('end', 'ok', 'share', 'id')] },
    start: { tid: 42, attributes: ['req-"é"', -7, '18446744073709551615'] },
    end: { attributes: [true, 0.5, 'end wins'] },
  })
  expect(span.attributes).toEqual({
    id: 'end wins',
    n: -7n,
    big: '18446744073709551615',
    ok: true,
    share: 0.5,
    'thread.id': 42n,
  })
  expect(span.resource).toEqual({ 'service.name': 'shop', 'process.pid': 7n })
  expect(span.scope).toEqual({ name: 'probespan-bridge', version: expect.stringMatching(/^\d+\.\d+\.\d+/) })
  expect(sent({ start: { tid: 0 } }).attributes).toEqual({})
})

test('texts that were cut say so by their keys, of both sides; the name is made of what is shown', () => {
  const attributes: AttributeDefinition[] = [
    { key: 'sql', at: 'start', expression: 'str(arg0)' },
    { key: 'fits', at: 'start', expression: 'str(arg1)' },
    { key: 'short', at: 'end', expression: 'str(arg0, 3)' },
    { key: 'number', at: 'end', expression: 'arg2' },
  ]
  const start: EventParts = { attributes: ['SELECT 12', 'SELECT 1'] }
  const end: EventParts = { attributes: ['abcd', '18446744073709551615'] }
  const span = sent({ definition: { nameTemplate: '{sql}', attributes }, start, end, textBytes: 8 })
  expect(span.name).toBe('SELECT 1')
  expect(span.attributes).toEqual({
    sql: 'SELECT 1',
    fits: 'SELECT 1',
    short: 'abc',
    number: '18446744073709551615',
    'probespan.truncated': ['sql', 'short'],
    'thread.id': 1n,
  })
  const whole = sent({ definition: { attributes }, start, end: { attributes: ['abc', '1'] } })
  expect(whole.attributes).not.toHaveProperty('probespan.truncated')
})

test.each([
  ['{method} {route}', 'GET /carts/:id'],
  ['pay by {method}', 'pay by GET'],
  ['{missing}', 'request'],
  ['{method}{missing}', 'GET'],
  ['{odd}', '$& $1'],
  ['plain', 'plain'],
  ['{count}', '7'],
])('name %s', (nameTemplate, expected) => {
  const attributes = [...keys('start', 'method', 'odd', 'count'), ...keys('end', 'route')]
  const start: EventParts = { attributes: ['GET', '$& $1', 7] }
  const end: EventParts = { attributes: ['/carts/:id'] }
  expect(sent({ definition: { nameTemplate, attributes }, start, end }).name).toBe(expected)
})
