// Attribute values as protobufjs decodes them to OTLP/JSON values: integers as decimal strings, bytes as base64,
// doubles that JSON has no number for by name. Pure; the decoder bounds the nesting at 100.
import { bytesOf, decodedOf, listOf, longTextOf, textOf } from './decoded.ts'
import type { AnyValue, KeyValue } from '../wire.ts'

export function keyValuesOf(attributes: unknown): KeyValue[] {
  return listOf(attributes).map(({ key, value }) => ({ key: textOf(key), value: anyValueOf(value) }))
}

export function anyValueOf(message: unknown): AnyValue {
  const decoded = decodedOf(message)
  // `value` is the oneof's own name: a getter of the decoded message that tells which of its fields is set.
  const set = textOf(decoded['value'])
  const value = decoded[set]
  switch (set) {
    case 'stringValue':
      return { stringValue: textOf(value) }
    case 'boolValue':
      return { boolValue: value === true }
    case 'intValue':
      return { intValue: longTextOf(value) }
    case 'doubleValue':
      return { doubleValue: doubleOf(Number(value)) }
    case 'bytesValue':
      return { bytesValue: bytesOf(value).toString('base64') }
    case 'arrayValue':
      return { arrayValue: { values: listOf(decodedOf(value)['values']).map(anyValueOf) } }
    case 'kvlistValue':
      return { kvlistValue: { values: keyValuesOf(decodedOf(value)['values']) } }
    default:
      return {}
  }
}

/** JSON has no number for these. */
export function doubleOf(value: number): number | 'NaN' | 'Infinity' | '-Infinity' {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Number.POSITIVE_INFINITY) return 'Infinity'
  return value === Number.NEGATIVE_INFINITY ? '-Infinity' : value
}
