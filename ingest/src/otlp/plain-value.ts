// Attributes as plain JSON, for people and SQL: {"http.route":"/cart","code":200}. Of a key that comes twice the last
// counts; integers beyond 2^53 stay decimal strings, bytes are base64. Pure; not reversible, unlike wire.ts's AnyValue.
import type { AnyValue, KeyValue } from '../wire.ts'

export type PlainValue = string | number | boolean | null | PlainValue[] | { [key: string]: PlainValue }

export function plainAttributes(attributes: readonly KeyValue[]): Record<string, PlainValue> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]))
}

export function plainValue(value: AnyValue): PlainValue {
  if (value.intValue !== undefined) {
    const number = Number(value.intValue)
    return Number.isSafeInteger(number) ? number : value.intValue
  }
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(plainValue)
  if (value.kvlistValue !== undefined) return plainAttributes(value.kvlistValue.values)
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? value.bytesValue ?? null
}
