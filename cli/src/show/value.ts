// An attribute's value as text for people: strings as they are, all else as JSON would have it.
import type { AnyValue } from '@probespan/ingest/wire'

export function valueText(value: AnyValue): string {
  if (value.stringValue !== undefined) return value.stringValue
  if (value.arrayValue !== undefined) return `[${value.arrayValue.values.map(valueText).join(', ')}]`
  if (value.kvlistValue !== undefined) {
    return `{${value.kvlistValue.values.map(({ key, value: of }) => `${key}: ${valueText(of)}`).join(', ')}}`
  }
  return String(value.intValue ?? value.doubleValue ?? value.boolValue ?? value.bytesValue ?? '')
}
