import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { UndecodableBody } from './frames.ts'
import { protobufFromJson } from './json.ts'
import { parseJsonExactly } from './json-text.ts'
import { headsOf } from '../../test/heads.ts'
import { decodeSpans } from './span-decode.ts'

const traceId = '0123456789abcdef0123456789abcdef'
const document = (span: object | string) =>
  `{"resourceSpans":[{"scopeSpans":[{"spans":[${typeof span === 'string' ? span : JSON.stringify(span)}]}]}]}`

const headOf = (span: object | string) => headsOf(protobufFromJson(document(span)).body)[0]
const spanOf = (span: object | string) =>
  decodeSpans(protobufFromJson(document(span)).body, () => ({
    traceId,
    spanId: '',
    startUnixNano: 0n,
    durationNano: 0n,
    name: '',
    source: 'otlp',
    service: '',
  }))[0]
const valueOf = (value: string) =>
  spanOf(`{"attributes":[{"key":"a","value":${value}}]}`)?.attributes[0]?.value

test('ids are hex in either case', () => {
  expect(headOf({ traceId: traceId.toUpperCase(), spanId: 'ABCDEF0123456789' })).toMatchObject({
    traceId,
    spanId: 'abcdef0123456789',
  })
})

test('times as numbers keep every nanosecond', () => {
  const times = '"startTimeUnixNano":1700000000000000001,"end_time_unix_nano":"1700000000000000003"'
  expect(headOf(`{"traceId":"${traceId}","spanId":"abcdef0123456789",${times}}`)).toMatchObject({
    startUnixNano: 1_700_000_000_000_000_001n,
    durationNano: 2n,
  })
})

test('64-bit integers are exact to both ends, as strings and as numbers', () => {
  for (const integer of ['9223372036854775807', '-9223372036854775808', '9007199254740993', '0']) {
    expect(valueOf(`{"intValue":"${integer}"}`)).toEqual({ intValue: integer })
    expect(valueOf(`{"intValue":${integer}}`)).toEqual({ intValue: integer })
  }
})

test('whole numbers beyond 64 bits, which SDKs of languages without integers write, are the doubles they were', () => {
  const written = [
    JSON.stringify(1e20),
    JSON.stringify(1.5e308),
    JSON.stringify(-(2 ** 64)),
    '9223372036854775808',
  ]
  for (const number of written) {
    expect(valueOf(`{"intValue":${number}}`)).toEqual({ doubleValue: Number(number) })
  }
})

test('enums are numbers or names', () => {
  expect(spanOf({ kind: 'SPAN_KIND_CLIENT', status: { code: 'STATUS_CODE_ERROR' } })).toMatchObject({
    kind: 'CLIENT',
    status: { code: 'ERROR' },
  })
  expect(spanOf({ kind: 5, status: { code: 1 } })).toMatchObject({ kind: 'CONSUMER', status: { code: 'OK' } })
  expect(spanOf({ kind: 77 })?.kind).toBe('UNSPECIFIED')
})

test('values of every form, also empty and nested', () => {
  expect(valueOf('{}')).toEqual({})
  expect(valueOf('{"stringValue":""}')).toEqual({ stringValue: '' })
  expect(valueOf('{"boolValue":false}')).toEqual({ boolValue: false })
  expect(valueOf('{"doubleValue":1e300}')).toEqual({ doubleValue: 1e300 })
  expect(valueOf('{"doubleValue":12345678901234567890}')).toEqual({ doubleValue: 12_345_678_901_234_567_000 })
  expect(valueOf('{"doubleValue":"NaN"}')).toEqual({ doubleValue: 'NaN' })
  expect(valueOf('{"doubleValue":"-Infinity"}')).toEqual({ doubleValue: '-Infinity' })
  expect(valueOf('{"bytesValue":"_-8="}')).toEqual({ bytesValue: '/+8=' })
  expect(valueOf('{"arrayValue":{}}')).toEqual({ arrayValue: { values: [] } })
  const nested =
    '{"kvlistValue":{"values":[{"key":"k","value":{"arrayValue":{"values":[{},{"intValue":"1"}]}}}]}}'
  expect(valueOf(nested)).toEqual(JSON.parse(nested))
})

test('unknown fields and nulls are ignored, whatever they hold', () => {
  const known = `"traceId":"${traceId}","spanId":"abcdef0123456789","name":null`
  expect(headOf(`{${known},"extra":{"deep":[1]},"__proto__":{"kind":2},"constructor":5}`)).toMatchObject({
    traceId,
    name: '',
    kind: 0,
  })
})

test.each([
  ['[]', '$'],
  ['{"resourceSpans":{}}', '$.resourceSpans'],
  [document({ traceId: 'xyz' }), 'spans[0].traceId'],
  [document({ name: 5 }), 'spans[0].name'],
  [document({ kind: 1.5 }), 'spans[0].kind'],
  [document({ startTimeUnixNano: '-1' }), 'spans[0].startTimeUnixNano'],
  [document({ startTimeUnixNano: '18446744073709551616' }), 'spans[0].startTimeUnixNano'],
  [document({ attributes: [{ key: 'a', value: { intValue: '1e3' } }] }), 'attributes[0].value.intValue'],
  [document({ attributes: [{ key: 'a', value: { bytesValue: '*' } }] }), 'attributes[0].value.bytesValue'],
  [document({ flags: 4294967296 }), 'spans[0].flags'],
  ['{"resourceSpans":[', 'JSON'],
])('%s is refused with its place, %s', (text, place) => {
  expect(() => protobufFromJson(text)).toThrow(UndecodableBody)
  expect(() => protobufFromJson(text)).toThrow(place)
})

test('a value nested without end is refused, not a crash', () => {
  const deep = `${'{"arrayValue":{"values":['.repeat(50_000)}{}${']}}'.repeat(50_000)}`
  expect(() => valueOf(deep)).toThrow(/nested over 100 deep/)
  const wide = `${'['.repeat(100_000)}1234567890123456789${']'.repeat(100_000)}`
  expect(() => protobufFromJson(wide)).toThrow(UndecodableBody)
})

test('integers of any size come out of JSON text as they stand there', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt(-(2n ** 70n), 2n ** 70n)), (integers) => {
      const parsed = parseJsonExactly(`{"a":[${integers.join(', ')}],"b":1.5}`) as { a: unknown[] }
      expect(parsed.a.map(String)).toEqual(integers.map(String))
    }),
  )
})
