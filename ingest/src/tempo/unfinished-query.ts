// A query that somebody is still typing: what of it already is a condition on one span. Grafana sends it to narrow a list
// of values (`{ resource.service.name = "shop" && name = `). Out: a condition, or undefined where every span counts. Pure.
import { parseQuery } from '../traceql/parse.ts'
import type { Expression, Pipeline } from '../traceql/ast.ts'

export function conditionOfUnfinished(text: string): Expression | undefined {
  const { query } = parseQuery(text)
  if (query !== undefined) return conditionOf(query.pipeline)
  return joined('or', alternativesOf(insideOf(text)).map(allOf))
}

/** Only of one span set: in others a value need not stand on a span that fits. */
function conditionOf({ first, stages }: Pipeline): Expression | undefined {
  const onlyShown = stages.every(({ type }) => type === 'select')
  return first.type === 'filter' && onlyShown ? first.condition : undefined
}

/** What stands in the first braces, the last of which may be missing. */
function insideOf(text: string): string {
  const start = text.indexOf('{')
  if (start < 0) return ''
  const end = [...piecesOf(text.slice(start + 1), '}')][0] ?? ''
  return end
}

const alternativesOf = (text: string): string[] => [...piecesOf(text, '||')]

function allOf(text: string): Expression | undefined {
  return joined('and', [...piecesOf(text, '&&')].map(finished))
}

/** One comparison, or undefined where it is none yet. */
function finished(text: string): Expression | undefined {
  const { query } = parseQuery(`{ ${text} }`)
  return query === undefined ? undefined : conditionOf(query.pipeline)
}

function joined(type: 'and' | 'or', parts: readonly (Expression | undefined)[]): Expression | undefined {
  return parts
    .filter((part) => part !== undefined)
    .reduce<Expression | undefined>(
      (left, right) => (left === undefined ? right : { type, left, right }),
      undefined,
    )
}

/** The text between separators that stand in no string and no parentheses. */
function* piecesOf(text: string, separator: string): Generator<string> {
  let depth = 0
  let from = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? ''
    if (character === '"' || character === '`') at = endOfString(text, at)
    else if (character === '(') depth++
    else if (character === ')') depth--
    else if (depth <= 0 && text.startsWith(separator, at)) {
      yield text.slice(from, at)
      from = at + separator.length
      at = from - 1
    }
  }
  yield text.slice(from)
}

/** Of the quote that ends it; of a string that is open, the text's last character. */
function endOfString(text: string, start: number): number {
  const quote = text[start]
  let at = start + 1
  while (at < text.length && text[at] !== quote) at += text[at] === '\\' && quote === '"' ? 2 : 1
  return Math.min(at, text.length - 1)
}
