// A tag's name as Tempo's paths have it (`resource.service.name`, `.http.route`, `span:name`, `name`, `span."a b"`) to the
// field it means. Pure; undefined for what names none.
import { parseQuery } from '../traceql/parse.ts'
import type { Expression, Field } from '../traceql/ast.ts'

export function tagFieldOf(name: string): Field | undefined {
  return fieldOf(name) ?? fieldOf(quoted(name))
}

/** Of the older lists: names without a scope, such as `service.name`. */
export function unscopedTagFieldOf(name: string): Field | undefined {
  return fieldOf(name) ?? fieldOf(`.${name}`) ?? fieldOf(`.${JSON.stringify(name)}`)
}

/** TraceQL's own parser says what a name means: nothing else can be in its place here. */
function fieldOf(text: string): Field | undefined {
  const { query } = parseQuery(`{ ${text} != nil }`)
  if (query === undefined || query.pipeline.stages.length > 0 || query.metrics !== undefined) return undefined
  const { first } = query.pipeline
  const condition: Expression | undefined = first.type === 'filter' ? first.condition : undefined
  if (condition?.type !== 'compare' || condition.op !== '!=' || condition.left.type !== 'field')
    return undefined
  const { right } = condition
  return right.type === 'static' && right.value.type === 'nil' ? condition.left.field : undefined
}

/** Grafana sends a key with characters of TraceQL's own as it is. */
function quoted(name: string): string {
  const [, scope = '', key = ''] =
    /^((?:parent\.)?(?:span|resource|event|link|instrumentation)?\.)(.*)$/s.exec(name) ?? []
  return scope + JSON.stringify(key)
}
