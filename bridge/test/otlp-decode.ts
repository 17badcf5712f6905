// The body of an OTLP/protobuf trace request to spans, read by the wire format alone (opentelemetry/proto/trace/v1,
// field numbers as published), so that it can disagree with the library that wrote it.

export type DecodedValue = string | bigint | boolean | number | DecodedValue[]
export type DecodedSpan = {
  traceId: string
  spanId: string
  parentSpanId: string
  name: string
  kind: number
  startNs: bigint
  endNs: bigint
  statusCode: number
  statusMessage: string
  events: { name: string; timeNs: bigint; attributes: { [key: string]: DecodedValue } }[]
  links: { traceId: string; spanId: string }[]
  attributes: { [key: string]: DecodedValue }
  resource: { [key: string]: DecodedValue }
  scope: { name: string; version: string }
}

type Fields = Map<number, (bigint | Buffer)[]>

export function decodeTraces(body: Buffer): DecodedSpan[] {
  return messages(fieldsOf(body), 1).flatMap((resourceSpans) => {
    const resource = attributes(messages(resourceSpans, 1)[0] ?? new Map(), 1)
    return messages(resourceSpans, 2).flatMap((scopeSpans) => {
      const scopeFields = messages(scopeSpans, 1)[0] ?? new Map()
      const scope = { name: text(scopeFields, 1), version: text(scopeFields, 2) }
      return messages(scopeSpans, 2).map((span) => ({
        traceId: bytes(span, 1).toString('hex'),
        spanId: bytes(span, 2).toString('hex'),
        parentSpanId: bytes(span, 4).toString('hex'),
        name: text(span, 5),
        kind: Number(integer(span, 6)),
        startNs: integer(span, 7),
        endNs: integer(span, 8),
        statusCode: Number(integer(messages(span, 15)[0] ?? new Map(), 3)),
        statusMessage: text(messages(span, 15)[0] ?? new Map(), 2),
        events: messages(span, 11).map((event) => ({
          name: text(event, 2),
          timeNs: integer(event, 1),
          attributes: attributes(event, 3),
        })),
        links: messages(span, 13).map((link) => ({
          traceId: bytes(link, 1).toString('hex'),
          spanId: bytes(link, 2).toString('hex'),
        })),
        attributes: attributes(span, 9),
        resource,
        scope,
      }))
    })
  })
}

function attributes(fields: Fields, number: number): { [key: string]: DecodedValue } {
  return Object.fromEntries(
    messages(fields, number).map((pair) => [text(pair, 1), anyValue(messages(pair, 2)[0] ?? new Map())]),
  )
}

function anyValue(value: Fields): DecodedValue {
  if (value.has(1)) return text(value, 1)
  if (value.has(2)) return integer(value, 2) !== 0n
  if (value.has(3)) return BigInt.asIntN(64, integer(value, 3))
  if (value.has(4)) return new Float64Array(new BigUint64Array([integer(value, 4)]).buffer)[0] ?? Number.NaN
  const [array] = messages(value, 5)
  if (array) return messages(array, 1).map(anyValue)
  throw new Error(`no value of a known type: fields ${[...value.keys()].join(', ')}`)
}

function fieldsOf(message: Buffer): Fields {
  const fields: Fields = new Map()
  let at = 0
  const varint = (): bigint => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < message.length) {
    const tag = Number(varint())
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value(tag & 7)])
  }
  return fields

  function value(wireType: number): bigint | Buffer {
    if (wireType === 0) return varint()
    if (wireType === 1) return message.readBigUInt64LE((at += 8) - 8)
    if (wireType === 5) return BigInt(message.readUInt32LE((at += 4) - 4))
    if (wireType !== 2) throw new Error(`wire type ${wireType} at byte ${at}`)
    const length = Number(varint())
    if (at + length > message.length) throw new Error(`field beyond the end at byte ${at}`)
    return message.subarray(at, (at += length))
  }
}

function messages(fields: Fields, number: number): Fields[] {
  return (fields.get(number) ?? []).map((each) => fieldsOf(each as Buffer))
}
const bytes = (fields: Fields, number: number): Buffer =>
  (fields.get(number)?.at(-1) as Buffer | undefined) ?? Buffer.alloc(0)
const text = (fields: Fields, number: number): string => bytes(fields, number).toString('utf8')
const integer = (fields: Fields, number: number): bigint =>
  (fields.get(number)?.at(-1) as bigint | undefined) ?? 0n
