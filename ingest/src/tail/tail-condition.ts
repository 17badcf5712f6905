// What a live tail's parameters let through, as one condition on a span: filters as of `GET /api/traces`, and TraceQL
// where it tells from a span alone whether it fits. Throws RequestFault `parameter_invalid` otherwise. Pure.
import { RequestFault } from '../faults.ts'
import { conditionOf } from '../query/span-condition.ts'
import type { Expression, Query } from '../traceql/ast.ts'
import { parseQuery } from '../traceql/parse.ts'
import { wholeTraceNeeded } from '../traceql/query-fields.ts'
import type { TailQuery } from '../wire.ts'

/** Undefined: every span. */
export function tailCondition({ q, limit: _limit, ...filters }: TailQuery): Expression | undefined {
  const filter = conditionOf(filters)
  const asked = q === undefined ? undefined : spanConditionOf(q)
  if (filter === undefined || asked === undefined) return filter ?? asked
  return { type: 'and', left: filter, right: asked }
}

function spanConditionOf(q: string): Expression | undefined {
  const { query, mistake } = parseQuery(q)
  if (query === undefined) throw invalid(q, mistake.message)
  const { first, stages } = query.pipeline
  if (first.type !== 'filter' || stages.length > 0 || query.metrics !== undefined) {
    throw invalid(q, 'A tail takes one { … } of conditions on a span, and nothing behind it.')
  }
  if (wholeTraceNeeded(withoutHints(query))) {
    throw invalid(
      q,
      'It asks for what only the whole trace tells (trace:…, childCount, parent.…, nestedSet…), which may not have come yet.',
    )
  }
  return first.condition
}

const withoutHints = ({ pipeline }: Query) => ({ pipeline, metrics: undefined })

function invalid(q: string, why: string): RequestFault {
  return new RequestFault('parameter_invalid', `q is ${JSON.stringify(q)}. ${why}`)
}
