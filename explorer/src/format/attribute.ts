// An OTLP/JSON AnyValue in; what the page shows of it out: a type name and text, nested values as compact JSON-like
// text. Integers stay decimal strings. Nesting below 20 levels is cut, saying so.
import type { AnyValue } from '@probespan/ingest/wire'

const depthMax = 20

export type ShownValue = { type: string; text: string }

export function showValue(value: AnyValue): ShownValue {
  if (value.stringValue !== undefined) return { type: 'string', text: value.stringValue }
  if (value.intValue !== undefined) return { type: 'int', text: value.intValue }
  if (value.boolValue !== undefined) return { type: 'bool', text: String(value.boolValue) }
  if (value.doubleValue !== undefined) return { type: 'double', text: String(value.doubleValue) }
  if (value.bytesValue !== undefined) return { type: 'bytes, base64', text: value.bytesValue }
  if (value.arrayValue !== undefined) return { type: 'array', text: nested(value, 0) }
  if (value.kvlistValue !== undefined) return { type: 'map', text: nested(value, 0) }
  return { type: 'empty', text: '' }
}

function nested(value: AnyValue, depth: number): string {
  if (depth > depthMax) return '… (nested too deeply to show)'
  if (value.arrayValue !== undefined) {
    return `[${value.arrayValue.values.map((item) => nested(item, depth + 1)).join(', ')}]`
  }
  if (value.kvlistValue !== undefined) {
    const entries = value.kvlistValue.values.map(
      (entry) => `${JSON.stringify(entry.key)}: ${nested(entry.value, depth + 1)}`,
    )
    return `{${entries.join(', ')}}`
  }
  if (value.stringValue !== undefined) return JSON.stringify(value.stringValue)
  const { type, text } = showValue(value)
  return type === 'empty' ? 'null' : text
}
