// Attributes to the typed tags of Jaeger's v1 API. Lists and maps are their JSON as a string, as Jaeger writes them;
// integers beyond 2^53 are decimal strings, bytes base64. Pure.
import { plainValue } from '../otlp/plain-value.ts'
import type { AnyValue, KeyValue } from '../wire.ts'

export type JaegerTag = {
  key: string
  type: 'string' | 'bool' | 'int64' | 'float64' | 'binary'
  value: string | number | boolean
}

export const jaegerTags = (attributes: readonly KeyValue[]): JaegerTag[] =>
  attributes.map(({ key, value }) => ({ key, ...typedValue(value) }))

export const stringTag = (key: string, value: string): JaegerTag => ({ key, type: 'string', value })

function typedValue(value: AnyValue): Pick<JaegerTag, 'type' | 'value'> {
  if (value.stringValue !== undefined) return { type: 'string', value: value.stringValue }
  if (value.boolValue !== undefined) return { type: 'bool', value: value.boolValue }
  if (value.intValue !== undefined) {
    const number = Number(value.intValue)
    return { type: 'int64', value: Number.isSafeInteger(number) ? number : value.intValue }
  }
  if (value.doubleValue !== undefined) return { type: 'float64', value: value.doubleValue }
  if (value.bytesValue !== undefined) return { type: 'binary', value: value.bytesValue }
  if (value.arrayValue === undefined && value.kvlistValue === undefined) return { type: 'string', value: '' }
  return { type: 'string', value: JSON.stringify(plainValue(value)) }
}
