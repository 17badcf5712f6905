// Types at parse time, as far as a query tells them: an attribute can be of any type until it is read. What TraceQL
// refuses is refused here, with the words for it.
import type { Arithmetic, Comparison, Expression, Static, TextRange } from '../ast.ts'
import { Refusal } from '../mistake.ts'

/** `any`: an attribute, or arithmetic with attributes alone. */
export type ValueType = Static['type'] | 'any'

/** A part of a query with its place and what is known of its value. */
export type Typed = TextRange & { expression: Expression; type: ValueType }

const typeWords: Readonly<Record<ValueType, string>> = {
  any: 'an attribute',
  string: 'a string',
  int: 'a whole number',
  float: 'a number',
  boolean: 'true or false',
  duration: 'a duration',
  status: 'a status',
  kind: 'a kind',
  nil: 'nil',
}
/** What to write to compare with a value of that type. */
const examples: Readonly<Record<ValueType, string>> = {
  any: 'a value',
  string: 'a string, such as "GET"',
  int: 'a number, such as 5',
  float: 'a number, such as 0.5',
  boolean: 'true or false',
  duration: 'a duration, such as 100ms',
  status: 'ok, error or unset',
  kind: 'server, client, internal, producer, consumer or unspecified',
  nil: 'a value',
}

export function isNumeric(type: ValueType): boolean {
  return type === 'int' || type === 'float' || type === 'duration' || type === 'any'
}

export function wordsOf(type: ValueType): string {
  return typeWords[type]
}

/** `op` where it stands is for the message. */
export function checkComparison(op: Comparison, left: Typed, right: Typed): void {
  const range = { from: left.from, to: right.to }
  const [one, other] = [left.type, right.type]
  const comparable = one === 'any' || other === 'any' || one === other || (isNumeric(one) && isNumeric(other))
  if (!comparable)
    throw new Refusal(
      range,
      `${wordsOf(one)} cannot be compared with ${wordsOf(other)}`,
      `Compare it with ${examples[one]}.`,
    )
  const type = one === 'any' ? other : one
  if (op === '=' || op === '!=') return
  if (op === '=~' || op === '!~') {
    if (type !== 'any' && type !== 'string')
      throw new Refusal(range, `${op} is for strings, not for ${wordsOf(type)}`, 'Use = or !=.')
    return
  }
  if (!isNumeric(type) && type !== 'string')
    throw new Refusal(
      range,
      `${op} is for numbers, durations and strings, not for ${wordsOf(type)}`,
      'Use = or !=.',
    )
}

export function arithmeticType(op: Arithmetic, left: Typed, right: Typed): ValueType {
  for (const side of [left, right])
    if (!isNumeric(side.type)) {
      const what = `${op} is for numbers and durations, not for ${wordsOf(side.type)}`
      throw new Refusal(side, what, 'Compare it as it is, without arithmetic.')
    }
  const [one, other] = [left.type, right.type]
  if (one === 'any' && other === 'any') return 'any'
  // With an attribute the result is a number of a kind that is not known yet.
  return one === 'any' ? other : one
}

/** A condition, or a side of && and ||. */
export function checkCondition(part: Typed): void {
  if (part.type === 'any' || part.type === 'boolean') return
  const what = `${wordsOf(part.type)} is no condition`
  throw new Refusal(part, what, `Compare it, for example with = and ${examples[part.type]}.`)
}

export function referencesSpan(expression: Expression): boolean {
  switch (expression.type) {
    case 'static':
      return false
    case 'field':
    case 'writtenAs':
    case 'source':
      return true
    case 'not':
    case 'negative':
      return referencesSpan(expression.of)
    case 'compare':
    case 'arithmetic':
    case 'and':
    case 'or':
      return referencesSpan(expression.left) || referencesSpan(expression.right)
  }
}
