// What Jaeger's clients search by, in whichever API, to a question for the store: traces of which one span fits it all.
// Attributes are texts: they fit what is written so on the span or its resource, and those with which Jaeger has always
// meant more than an attribute (error, span.kind …) fit that, too. Pure.
import { conditionOf } from '../query/span-condition.ts'
import type { TimeRange, TraceSearch } from '../store/questions.ts'
import type { Expression, Intrinsic, Static } from '../traceql/ast.ts'
import { spanKind, statusCode } from '../wire.ts'

export type JaegerSearch = TimeRange & {
  service: string | undefined
  operation: string | undefined
  attributes: readonly (readonly [key: string, value: string])[]
  /** Nanoseconds, of a span, both inclusive. */
  durationMin: bigint | undefined
  durationMax: bigint | undefined
  limit: number
}

/** Jaeger's own default. */
export const usualTraces = 100
/** What Jaeger's page lets a user ask for. */
export const tracesMax = 1_500

export function traceSearchOf(search: JaegerSearch): Omit<TraceSearch, 'budget'> {
  const { service, operation, attributes, durationMin, durationMax, start, end, limit } = search
  const filters = conditionOf({
    service,
    name: operation,
    durationMin: durationMin?.toString(),
    durationMax: durationMax?.toString(),
  })
  const condition = attributes.reduce<Expression | undefined>((left, [key, value]) => {
    const right = attributeCondition(key, value)
    return left === undefined ? right : { type: 'and', left, right }
  }, filters)
  return {
    start,
    end,
    pipeline: { first: { type: 'filter', condition }, stages: [] },
    order: 'newest',
    limit,
    // Whole traces or their summaries are shown.
    spansPerSet: 0,
  }
}

function attributeCondition(key: string, text: string): Expression {
  const written: Expression = { type: 'writtenAs', key, text }
  const meant = meantBy(key, text)
  return meant === undefined ? written : { type: 'or', left: meant, right: written }
}

function meantBy(key: string, text: string): Expression | undefined {
  const string: Static = { type: 'string', value: text }
  switch (key) {
    case 'error':
      return text === 'true' ? intrinsicIs('span:status', { type: 'status', status: 'ERROR' }) : undefined
    case 'span.kind': {
      const { data: kind } = spanKind.safeParse(text.toUpperCase())
      return kind && intrinsicIs('span:kind', { type: 'kind', kind })
    }
    case 'otel.status_code': {
      const { data: status } = statusCode.safeParse(text)
      return status && intrinsicIs('span:status', { type: 'status', status })
    }
    case 'otel.status_description':
      return intrinsicIs('span:statusMessage', string)
    case 'otel.scope.name':
    case 'otel.library.name':
      return intrinsicIs('instrumentation:name', string)
    case 'otel.scope.version':
    case 'otel.library.version':
      return intrinsicIs('instrumentation:version', string)
    default:
      return undefined
  }
}

function intrinsicIs(name: Intrinsic, value: Static): Expression {
  const left: Expression = { type: 'field', field: { type: 'intrinsic', name } }
  return { type: 'compare', op: '=', left, right: { type: 'static', value } }
}
