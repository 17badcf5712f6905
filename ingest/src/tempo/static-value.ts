// TraceQL's values and names as Tempo shows them: in labels, in the attributes of found spans, and in lists of values. Pure.
import { goDurationText } from '../go-values/duration.ts'
import type { Message } from '../go-values/message.ts'
import type { Expression, Field, Intrinsic, Static } from '../traceql/ast.ts'

/** OTLP's AnyValue. What it has no type for is text: durations, statuses, kinds, nil. */
export function anyValueOf(value: Static): Message {
  switch (value.type) {
    case 'int':
      return { intValue: value.value }
    case 'float':
      return { doubleValue: value.value }
    case 'boolean':
      return { boolValue: value.value }
    default:
      return { stringValue: textOf(value) }
  }
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
export function tagTypeOf(value: Static): string | undefined {
  switch (value.type) {
    case 'boolean':
      return 'bool'
    case 'status':
    case 'kind':
      return 'keyword'
    case 'nil':
      return undefined
    default:
      return value.type
  }
}

/** Where Tempo has an older, shorter name it is this that it shows. */
const shownNames: Partial<Record<Intrinsic, string>> = {
  'span:name': 'name',
  'span:duration': 'duration',
  'span:status': 'status',
  'span:statusMessage': 'statusMessage',
  'span:kind': 'kind',
  'trace:duration': 'traceDuration',
  'trace:rootName': 'rootName',
  'trace:rootService': 'rootServiceName',
}

export const intrinsicName = (name: Intrinsic): string => shownNames[name] ?? name

/** The key of an attribute of a found span: without its scope, as Grafana looks for it. */
export const shownKeyOf = (field: Field): string =>
  field.type === 'intrinsic' ? intrinsicName(field.name) : field.key

/** As it would be written in a query. */
export function fieldText(field: Field): string {
  if (field.type === 'intrinsic') return intrinsicName(field.name)
  const scope = field.scope === 'any' ? '' : field.scope
  const key = /^[\w.\-/]+$/.test(field.key) ? field.key : JSON.stringify(field.key)
  return `${field.ofParent ? 'parent.' : ''}${scope}${field.ofParent && scope === '' ? '' : '.'}${key}`
}

/** What a span set is grouped by, as it would be written. */
export function expressionText(expression: Expression): string {
  switch (expression.type) {
    case 'static':
      return expression.value.type === 'string'
        ? JSON.stringify(expression.value.value)
        : textOf(expression.value)
    case 'field':
      return fieldText(expression.field)
    case 'not':
      return `!${expressionText(expression.of)}`
    case 'negative':
      return `-${expressionText(expression.of)}`
    case 'compare':
    case 'arithmetic':
      return `${operandText(expression.left)} ${expression.op} ${operandText(expression.right)}`
    case 'and':
      return `${operandText(expression.left)} && ${operandText(expression.right)}`
    case 'or':
      return `${operandText(expression.left)} || ${operandText(expression.right)}`
    case 'writtenAs':
      return `.${expression.key} = ${JSON.stringify(expression.text)}`
    case 'source':
      return `source = ${expression.of}`
  }
}

function operandText(expression: Expression): string {
  const text = expressionText(expression)
  return expression.type === 'static' || expression.type === 'field' ? text : `(${text})`
}
