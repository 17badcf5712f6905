// A query that is still being typed → the condition that its finished parts make, to offer values that occur with it.
// What cannot be read is left out, so the condition may let through more than the query will, never less.
import type { Expression } from './ast.ts'
import { Refusal } from './mistake.ts'
import { Cursor } from './parse/cursor.ts'
import { expressionAt } from './parse/expression.ts'
import { tokensIn, type Token } from './parse/token.ts'
import { checkCondition } from './parse/value-type.ts'

/**
 * Of `{ resource.service.name = "x" && span.` the first comparison. Undefined where nothing is whole, where an || is
 * left unfinished, and where there are several span sets, of which the last is closed.
 */
export function conditionsOf(text: string): Expression | undefined {
  const content = contentOf(readable(text))
  if (content === undefined) return undefined
  const whole = conditionIn(content)
  if (whole !== undefined || hasOutside(content, '||')) return whole
  const found = splitAt(content, '&&').flatMap((part) => conditionIn(part) ?? [])
  return found.length === 0 ? undefined : found.reduce((left, right) => ({ type: 'and', left, right }))
}

/** The tokens up to the first one that cannot be read. */
function readable(text: string): Token[] {
  const tokens: Token[] = []
  try {
    for (const token of tokensIn(text)) if (token.type !== 'end') tokens.push(token)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
  return tokens
}

/** What stands in the braces that are being written, or in the only ones. */
function contentOf(tokens: Token[]): Token[] | undefined {
  const isSign = (text: string) => (token: Token) => token.type === 'sign' && token.text === text
  const start = tokens.findLastIndex(isSign('{'))
  if (start < 0) return undefined
  const content = tokens.slice(start + 1)
  const end = content.findIndex(isSign('}'))
  if (end < 0) return content
  return tokens.filter(isSign('{')).length === 1 ? content.slice(0, end) : undefined
}

/** Undefined where it is not whole. A field alone at the end is one that a comparison will follow. */
function conditionIn(tokens: Token[]): Expression | undefined {
  const last = tokens.at(-1)
  if (last === undefined) return undefined
  const end: Token = { type: 'end', text: '', from: last.to, to: last.to }
  try {
    const cursor = new Cursor([...tokens, end])
    const found = expressionAt(cursor)
    checkCondition(found)
    return cursor.isAtEnd && !endsInField(found.expression) ? found.expression : undefined
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

function endsInField(expression: Expression): boolean {
  let last = expression
  while (last.type === 'and' || last.type === 'or') last = last.right
  return last.type === 'field'
}

function hasOutside(tokens: Token[], sign: string): boolean {
  return splitAt(tokens, sign).length > 1
}

/** At the signs that are in no parentheses. */
function splitAt(tokens: Token[], sign: string): Token[][] {
  const parts: Token[][] = [[]]
  let depth = 0
  for (const token of tokens) {
    if (token.type === 'sign' && token.text === '(') depth++
    if (token.type === 'sign' && token.text === ')') depth--
    if (depth === 0 && token.type === 'sign' && token.text === sign) parts.push([])
    else parts.at(-1)?.push(token)
  }
  return parts
}
