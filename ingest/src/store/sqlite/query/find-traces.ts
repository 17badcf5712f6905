// The newest traces that fit a filter: a search by one condition. In: a TraceFilter; out: summaries. Throws StoreFault
// `search_too_wide` beyond so many spans, where a search would answer with what it has.
import type { Comparison, Expression, Intrinsic, Static } from '../../../traceql/ast.ts'
import type { TraceSummary } from '../../../wire.ts'
import type { TracesFound, TraceSearch } from '../../questions.ts'
import { StoreFault } from '../../store.ts'
import type { TraceFilter } from '../../store.ts'
import { serviceKey } from './span-values.ts'

export const searchSpansMax = 5_000_000

export function createFindTraces(
  search: (question: TraceSearch) => TracesFound,
  spansMax = searchSpansMax,
): (filter: TraceFilter) => TraceSummary[] {
  return (filter) => {
    const { traces, cutShort, inspected } = search({
      start: filter.start,
      end: filter.end,
      pipeline: { first: { type: 'filter', condition: conditionOf(filter) }, stages: [] },
      order: 'newest',
      limit: filter.limit,
      spansPerSet: 0,
      budget: { ms: Number.POSITIVE_INFINITY, spans: spansMax },
    })
    if (cutShort !== undefined) throw tooWide(inspected.spans, spansMax)
    return traces.map(({ summary }) => summary)
  }
}

function conditionOf(filter: TraceFilter): Expression | undefined {
  const { service, source, name, kind, status, durationMin, durationMax, attributes = [] } = filter
  const conditions: Expression[] = []
  if (service !== undefined) conditions.push(ofService(service))
  if (source !== undefined) conditions.push({ type: 'source', of: source })
  if (name !== undefined) conditions.push(ofIntrinsic('span:name', '=', { type: 'string', value: name }))
  if (kind !== undefined) conditions.push(ofIntrinsic('span:kind', '=', { type: 'kind', kind }))
  if (status !== undefined) conditions.push(ofIntrinsic('span:status', '=', { type: 'status', status }))
  if (durationMin !== undefined) conditions.push(ofDuration('>=', durationMin))
  if (durationMax !== undefined) conditions.push(ofDuration('<=', durationMax))
  for (const { key, value } of attributes) conditions.push({ type: 'writtenAs', key, text: value })
  return conditions.reduce<Expression | undefined>(
    (left, right) => (left === undefined ? right : { type: 'and', left, right }),
    undefined,
  )
}

function ofService(value: string): Expression {
  const field = { type: 'attribute', scope: 'resource', key: serviceKey, ofParent: false } as const
  return compared({ type: 'field', field }, '=', { type: 'string', value })
}

const ofIntrinsic = (name: Intrinsic, op: Comparison, value: Static): Expression =>
  compared({ type: 'field', field: { type: 'intrinsic', name } }, op, value)

const ofDuration = (op: Comparison, nano: bigint): Expression =>
  ofIntrinsic('span:duration', op, { type: 'duration', nano })

function compared(left: Expression, op: Comparison, value: Static): Expression {
  return { type: 'compare', op, left, right: { type: 'static', value } }
}

function tooWide(spans: number, spansMax: number): StoreFault {
  return new StoreFault(
    'search_too_wide',
    `the search went through ${spans} spans, and more would be beyond the limit of ${spansMax}. ` +
      'Narrow it: a shorter time range (start, end) or a lower limit.',
  )
}
