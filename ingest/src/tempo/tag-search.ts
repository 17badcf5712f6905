// Tempo's search before TraceQL: tags in logfmt and a trace's duration, to a pipeline. A tag fits where its value, in
// whatever case, is part of the span's or its resource's, as Tempo documents; numbers and booleans as they are written.
// Pure. Throws RequestFault `parameter_invalid`.
import { goDurationOf } from '../go-values/duration.ts'
import { logfmtOf } from '../go-values/logfmt.ts'
import { refused } from '../go-values/parameters.ts'
import type { Parameters } from '../go-values/parameters.ts'
import type { Comparison, Expression, Field, Intrinsic, Pipeline, Static } from '../traceql/ast.ts'
import { statusCode } from '../wire.ts'

export function tagSearchPipeline(parameters: Parameters): Pipeline {
  const conditions = tagsOf(parameters).map(([key, value]) => tagCondition(key, value))
  const form = 'a duration such as 100ms'
  const min = parameters.read('minDuration', goDurationOf, form)
  const max = parameters.read('maxDuration', goDurationOf, form)
  if (min !== undefined && max !== undefined && min > max) {
    throw refused('maxDuration', parameters.text('maxDuration') ?? '', 'it must not be below minDuration')
  }
  if (min !== undefined) conditions.push(ofTraceDuration('>=', min))
  if (max !== undefined) conditions.push(ofTraceDuration('<=', max))
  const condition = conditions.reduce<Expression | undefined>(
    (left, right) => (left === undefined ? right : { type: 'and', left, right }),
    undefined,
  )
  return { first: { type: 'filter', condition }, stages: [] }
}

function tagsOf(parameters: Parameters): [string, string][] {
  const text = parameters.text('tags') ?? ''
  const read = logfmtOf(text)
  if (!read.ok) throw refused('tags', text, read.mistake)
  const keys = new Set(read.pairs.map(([key]) => key))
  if (keys.size < read.pairs.length) throw refused('tags', text, 'each key may stand there once')
  return read.pairs
}

/** Keys with which Tempo has always meant a field of the span or its trace. */
const fieldKeys: Readonly<Record<string, Intrinsic>> = {
  name: 'span:name',
  'root.name': 'trace:rootName',
  'root.service.name': 'trace:rootService',
}

function tagCondition(key: string, value: string): Expression {
  const status = statusCode.safeParse(value.toUpperCase())
  if (key === 'status.code' && status.success) return ofStatus(status.data)
  const named = Object.hasOwn(fieldKeys, key) ? fieldKeys[key] : undefined
  if (named !== undefined) return contains({ type: 'intrinsic', name: named }, value)
  const attribute = contains({ type: 'attribute', scope: 'any', key, ofParent: false }, value)
  const either: Expression = { type: 'or', left: attribute, right: { type: 'writtenAs', key, text: value } }
  return key === 'error' && value === 'true' ? { type: 'or', left: ofStatus('ERROR'), right: either } : either
}

const ofStatus = (status: (typeof statusCode.options)[number]): Expression =>
  compared({ type: 'intrinsic', name: 'span:status' }, '=', { type: 'status', status })

const ofTraceDuration = (op: '>=' | '<=', nano: bigint): Expression =>
  compared({ type: 'intrinsic', name: 'trace:duration' }, op, { type: 'duration', nano })

function contains(field: Field, value: string): Expression {
  const pattern = `(?is).*${value.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)}.*`
  return compared(field, '=~', { type: 'string', value: pattern })
}

function compared(field: Field, op: Comparison, value: Static): Expression {
  return { type: 'compare', op, left: { type: 'field', field }, right: { type: 'static', value } }
}
