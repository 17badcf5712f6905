// A TraceQL text that came as a parameter. Throws RequestFault `parameter_invalid` with the place of the mistake.
import { RequestFault } from '../faults.ts'
import { parseQuery } from '../traceql/parse.ts'
import type { Query } from '../traceql/ast.ts'

export function queryOf(text: string): Query {
  const { query, mistake } = parseQuery(text)
  if (query === undefined)
    throw new RequestFault('parameter_invalid', `invalid TraceQL query: ${mistake.message}`)
  return query
}
