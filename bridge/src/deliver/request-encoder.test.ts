// What would break: spans that other receivers read differently from what the SDK's own serializer sends, or not at all.
import { createTraceState, SpanKind, SpanStatusCode, type Attributes } from '@opentelemetry/api'
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RequestEncoder } from './request-encoder.ts'

const resources = [
  resourceFromAttributes({ 'service.name': 'shop', 'process.pid': 7 }),
  resourceFromAttributes({}),
]
const scopes = [{ name: 'probespan-bridge', version: '1.2.3' }, { name: 'other' }]

const hex = (digits: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'.split('')), { minLength: digits, maxLength: digits })
    .map((d) => d.join(''))
const context = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  traceFlags: fc.constantFrom(0, 1),
  isRemote: fc.boolean(),
})
const time = fc.tuple(fc.nat(2 ** 31 - 1), fc.nat(999_999_999))
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.integer({ max: 40_000, min: 100 }).map((n) => 'é'.repeat(n)),
)
const attributes: fc.Arbitrary<Attributes> = fc.dictionary(
  fc.string(),
  fc.oneof(
    text,
    fc.boolean(),
    fc.maxSafeInteger(),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((n) => Number.isSafeInteger(n) || !Number.isInteger(n)),
    fc.array(fc.string()),
    fc.array(fc.integer()),
  ),
  { noNullPrototype: true },
)
const span: fc.Arbitrary<ReadableSpan> = fc
  .record({
    name: text,
    kind: fc.constantFrom(
      SpanKind.INTERNAL,
      SpanKind.SERVER,
      SpanKind.CLIENT,
      SpanKind.PRODUCER,
      SpanKind.CONSUMER,
    ),
    context,
    parent: fc.option(context, { nil: undefined }),
    state: fc.boolean(),
    startTime: time,
    endTime: time,
    status: fc.constantFrom(
      { code: SpanStatusCode.UNSET },
      { code: SpanStatusCode.ERROR, message: 'no' },
      { code: 1 },
    ),
    attributes,
    events: fc.array(fc.record({ name: fc.string(), time, attributes }), { maxLength: 3 }),
    links: fc.array(fc.record({ context, attributes }), { maxLength: 3 }),
    resource: fc.constantFrom(...resources),
    instrumentationScope: fc.constantFrom(...scopes),
  })
  .map(({ context: own, parent, state, ...rest }) => ({
    ...rest,
    spanContext: () => ({ ...own, ...(state && { traceState: createTraceState('a=1') }) }),
    ...(parent && { parentSpanContext: parent }),
    duration: [0, 0],
    ended: true,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }))

test('the bytes say what the SDK’s serializer says, also after a span was taken back', () => {
  const encoder = new RequestEncoder()
  fc.assert(
    fc.property(fc.array(span, { maxLength: 6 }), fc.option(span), (spans, takenBack) => {
      const sdks = ProtobufTraceSerializer.serializeRequest(spans) ?? new Uint8Array()
      for (const each of spans) {
        if (takenBack) {
          encoder.add(takenBack)
          encoder.dropLast()
        }
        encoder.add(each)
      }
      expect(encoder.spanCount).toBe(spans.length)
      const { bytesMax } = encoder
      const bytes = encoder.take()
      expect(meaning(bytes)).toEqual(meaning(sdks))
      expect(bytes.length).toBeLessThanOrEqual(bytesMax)
    }),
  )
})

test('an encoder that was used before begins anew', () => {
  const encoder = new RequestEncoder()
  const [one] = fc.sample(span, { numRuns: 1, seed: 1 })
  const encode = (): Buffer => {
    if (one) encoder.add(one)
    return encoder.take()
  }
  const first = encode()
  expect(encode()).toEqual(first)
  expect(encoder.take()).toHaveLength(0)
})

type Meaning = { [field: string]: (string | Meaning)[] }
/** Which fields hold messages: of the request, its resourceSpans, their parts and so on, by the path of numbers. */
const isMessage = (path: string): boolean =>
  /^(1|1\.1|1\.2|1\.2\.1|1\.2\.2|1\.2\.2\.(11|13|15))$/.test(path) ||
  /^(1\.1\.1|1\.2\.2\.9|1\.2\.2\.11\.3|1\.2\.2\.13\.4)(\.2(\.5(\.1)?)?)?$/.test(path)

/** Inside an AnyValue a zero is a value. */
const isAnyValue = (path: string): boolean =>
  /^(1\.1\.1|1\.2\.2\.9|1\.2\.2\.11\.3|1\.2\.2\.13\.4)\.2(\.5\.1)*$/.test(path)

/** Fields by number, in order; a scalar of zero, an empty string or an empty status is the same as none. */
function meaning(message: Uint8Array, path = ''): Meaning {
  const fields: Meaning = {}
  const bytes = Buffer.from(message)
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at)
      at += 1
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const number = tag >> 3
    const below = path === '' ? `${number}` : `${path}.${number}`
    const take = (count: number): Buffer => bytes.subarray(at, (at += count))
    const value = ((): string | Meaning => {
      if ((tag & 7) === 0) return varint().toString()
      if ((tag & 7) === 1) return take(8).toString('hex')
      if ((tag & 7) === 5) return take(4).toString('hex')
      const content = take(Number(varint()))
      return isMessage(below) ? meaning(content, below) : content.toString('hex')
    })()
    const isEmpty = value === '0' || value === '' || (number === 15 && JSON.stringify(value) === '{}')
    if (isEmpty && !isAnyValue(path)) continue
    ;(fields[number] ??= []).push(value)
  }
  return fields
}
