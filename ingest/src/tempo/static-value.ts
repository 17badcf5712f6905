// TraceQL's values and names as Tempo shows them: in labels, in the attributes of found spans, and in lists of values. Pure.
import { goDurationText } from '../go-values/duration.ts'
import type { Message } from '../go-values/message.ts'
import type { Field, Static } from '../traceql/ast.ts'
import { fieldName } from '../traceql/print.ts'

/** OTLP's AnyValue. What it has no type for is text: durations, statuses, kinds, nil. */
export function anyValueOf(value: Static): Message {
  if (value.type === 'int') return { intValue: value.value }
  if (value.type === 'float') return { doubleValue: value.value }
  return value.type === 'boolean' ? { boolValue: value.value } : { stringValue: textOf(value) }
}

export const keyValueOf = (key: string, value: Static): Message => ({ key, value: anyValueOf(value) })

export function textOf(value: Static): string {
  switch (value.type) {
    case 'string':
      return value.value
    case 'int':
      return value.value.toString()
    case 'float':
      return floatText(value.value)
    case 'boolean':
      return String(value.value)
    case 'duration':
      return goDurationText(value.nano)
    case 'status':
      return value.status.toLowerCase()
    case 'kind':
      return value.kind.toLowerCase()
    case 'nil':
      return 'nil'
  }
}

/** Always told apart from a whole number, so that it can be put into a query as it is. */
function floatText(value: number): string {
  const text = String(value)
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}

/** What Tempo calls the type of a value in its lists; undefined for what it lists no values of. */
export const tagTypes: Readonly<Record<Static['type'], string | undefined>> = {
  string: 'string',
  int: 'int',
  float: 'float',
  boolean: 'bool',
  duration: 'duration',
  status: 'keyword',
  kind: 'keyword',
  nil: undefined,
}

/** The key of an attribute of a found span: without its scope, as Grafana looks for it. */
export const shownKeyOf = (field: Field): string =>
  field.type === 'intrinsic' ? fieldName(field) : field.key
