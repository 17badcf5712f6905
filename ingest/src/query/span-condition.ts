// The API's filters to TraceQL's tree: what one span must fit, and the pipeline that finds its trace. In: parameters as
// wire.ts reads them; out: a condition, or RequestFault `parameter_invalid` that names the filter. Pure.
import { RequestFault } from '../faults.ts'
import type { SpanChoiceQuestion } from '../store/questions.ts'
import { unknownService } from '../tag/trace-source.ts'
import type { Comparison, Expression, Intrinsic, Pipeline, Spanset, Static } from '../traceql/ast.ts'
import { readAttributeFilter } from './attribute-filter.ts'

export type SpanFilters = SpanChoiceQuestion & {
  /** Nanoseconds in decimal, inclusive. */
  durationMin?: string | undefined
  durationMax?: string | undefined
  attribute?: readonly string[] | undefined
}

/** Undefined: every span fits. */
export function conditionOf(filters: SpanFilters): Expression | undefined {
  const { service, source, name, kind, status, durationMin, durationMax, attribute = [] } = filters
  const conditions: Expression[] = []
  if (service !== undefined) conditions.push(ofService(service))
  if (source !== undefined) conditions.push({ type: 'source', of: source })
  if (name !== undefined) conditions.push(intrinsic('span:name', '=', { type: 'string', value: name }))
  if (kind !== undefined) conditions.push(intrinsic('span:kind', '=', { type: 'kind', kind }))
  if (status !== undefined) conditions.push(intrinsic('span:status', '=', { type: 'status', status }))
  if (durationMin !== undefined) conditions.push(ofDuration('>=', durationMin))
  if (durationMax !== undefined) conditions.push(ofDuration('<=', durationMax))
  for (const text of attribute) conditions.push(ofAttribute(text))
  const [first, ...others] = conditions
  return others.reduce<Expression | undefined>(
    (left, right) => (left === undefined ? right : { type: 'and', left, right }),
    first,
  )
}

/** Traces with a span that fits the condition, that fit the query, too, where there is one. */
export function pipelineOf(condition: Expression | undefined, query: Pipeline | undefined): Pipeline {
  const filter: Spanset = { type: 'filter', condition }
  if (query === undefined) return { first: filter, stages: [] }
  if (condition === undefined) return query
  return { first: { type: 'and', left: filter, right: { type: 'pipeline', pipeline: query } }, stages: [] }
}

function ofService(service: string): Expression {
  const named = attributeIs('service.name', { type: 'string', value: service })
  // That is what spans without a service's name are called.
  if (service !== unknownService) return named
  return { type: 'or', left: named, right: attributeIs('service.name', { type: 'nil' }) }
}

function attributeIs(key: string, value: Static): Expression {
  const field: Expression = {
    type: 'field',
    field: { type: 'attribute', scope: 'resource', key, ofParent: false },
  }
  return { type: 'compare', op: '=', left: field, right: { type: 'static', value } }
}

function intrinsic(name: Intrinsic, op: Comparison, value: Static): Expression {
  const field: Expression = { type: 'field', field: { type: 'intrinsic', name } }
  return { type: 'compare', op, left: field, right: { type: 'static', value } }
}

const ofDuration = (op: '>=' | '<=', text: string): Expression =>
  intrinsic('span:duration', op, { type: 'duration', nano: BigInt(text) })

function ofAttribute(text: string): Expression {
  const read = readAttributeFilter(text)
  if (read.ok) return read.condition
  throw new RequestFault('parameter_invalid', `attribute is ${JSON.stringify(text)}: it ${read.mistake}.`)
}
