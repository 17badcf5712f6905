// Tokens → the expression in `{ }`, `by( )` and aggregates. Loosest first: || && comparisons + - * / % and ^, which
// alone joins to the right. A prefix - or ! takes what * and ^ join: -2 ^ 2 is -(2 ^ 2).
import type { Arithmetic, Comparison, Expression, Field, Static } from '../ast.ts'
import type { Cursor } from './cursor.ts'
import { fieldAt, staticOfWord } from './field.ts'
import { compiledPattern } from '../pattern.ts'
import { Refusal } from '../mistake.ts'
import { nilComparison } from './nil.ts'
import { withWholeTraceId } from './trace-id.ts'
import {
  arithmeticType,
  checkComparison,
  checkCondition,
  isNumeric,
  wordsOf,
  type Typed,
} from './value-type.ts'

const levels = [
  ['||'],
  ['&&'],
  ['=', '!=', '=~', '!~', '<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/', '%'],
  ['^'],
] as const
/** Comparisons but for patterns. */
export const orderings = ['=', '!=', '<', '<=', '>', '>='] as const
type Operator = (typeof levels)[number][number]
const factorLevel = 4
const powerLevel = 5

export function expressionAt(cursor: Cursor): Typed {
  return binaryAt(cursor, 0)
}

function binaryAt(cursor: Cursor, level: number): Typed {
  const ops = levels[level]
  if (ops === undefined) return prefixedAt(cursor)
  let left = binaryAt(cursor, level + 1)
  for (;;) {
    const op = cursor.choose<Operator>(ops)
    if (op === undefined) return left
    const right =
      level === powerLevel ? cursor.deeper(() => binaryAt(cursor, level)) : binaryAt(cursor, level + 1)
    left = joined(op, left, right)
  }
}

function joined(op: Operator, left: Typed, right: Typed): Typed {
  const range = { from: left.from, to: right.to }
  if (op === '&&' || op === '||') {
    checkCondition(left)
    checkCondition(right)
    const type = op === '&&' ? 'and' : 'or'
    return { expression: { type, left: left.expression, right: right.expression }, type: 'boolean', ...range }
  }
  if (isArithmetic(op)) {
    const type = arithmeticType(op, left, right)
    const expression: Expression = { type: 'arithmetic', op, left: left.expression, right: right.expression }
    return { expression, type, ...range }
  }
  return { expression: comparison(op, left, right), type: 'boolean', ...range }
}

function comparison(op: Comparison, left: Typed, right: Typed): Expression {
  const special = nilComparison(op, left, right)
  if (special !== undefined) return special
  const isPattern = op === '=~' || op === '!~'
  if (!isPattern || left.type !== 'any') checkComparison(op, left, right)
  if (isPattern) {
    if (right.expression.type !== 'static' || right.expression.value.type !== 'string')
      throw new Refusal(
        right,
        `${op} needs a pattern on its right`,
        'Write it as a string, such as "GET|POST".',
      )
    const { fault } = compiledPattern(right.expression.value.value)
    if (fault !== undefined) throw new Refusal(right, `the pattern cannot be used: ${fault}`, patternRemedy)
  }
  return withWholeTraceId({ type: 'compare', op, left: left.expression, right: right.expression })
}

const patternRemedy = 'Patterns are written as in RE2 and match the whole value; put .* where more may stand.'

function isArithmetic(op: Operator): op is Arithmetic {
  return '+-*/%^'.includes(op)
}

function prefixedAt(cursor: Cursor): Typed {
  const { from } = cursor.token
  const sign = cursor.take('-', '!')?.text
  if (sign === undefined) return operandAt(cursor)
  const of = cursor.deeper(() => binaryAt(cursor, factorLevel))
  const range = { from, to: of.to }
  if (sign === '!') {
    if (of.type !== 'boolean' && of.type !== 'any')
      throw new Refusal(
        range,
        `! is for conditions, not for ${wordsOf(of.type)}`,
        'Use != to compare, or put the comparison in parentheses: !(…).',
      )
    return { expression: { type: 'not', of: of.expression }, type: 'boolean', ...range }
  }
  if (!isNumeric(of.type))
    throw new Refusal(range, `- is for numbers and durations, not for ${wordsOf(of.type)}`, 'Leave it out.')
  const negated = of.expression.type === 'static' ? negatedStatic(of.expression.value) : undefined
  const expression: Expression =
    negated === undefined ? { type: 'negative', of: of.expression } : { type: 'static', value: negated }
  return { expression, type: of.type, ...range }
}

/** `-5` is a literal, not an operation. */
export function negatedStatic(value: Static): Static | undefined {
  if (value.type === 'int') return { type: 'int', value: -value.value }
  if (value.type === 'float') return { type: 'float', value: -value.value }
  if (value.type === 'duration') return { type: 'duration', nano: -value.nano }
  return undefined
}

function operandAt(cursor: Cursor): Typed {
  const { token } = cursor
  if (cursor.take('(') !== undefined) {
    const inner = cursor.deeper(() => expressionAt(cursor))
    cursor.expect(')', 'behind the expression that ( opens')
    return { ...inner, from: token.from, to: cursor.end }
  }
  if (token.type === 'literal') {
    cursor.next()
    return {
      expression: { type: 'static', value: token.value },
      type: token.value.type,
      from: token.from,
      to: token.to,
    }
  }
  const value = token.type === 'word' ? staticOfWord(token.text) : undefined
  if (value !== undefined) {
    cursor.next()
    return { expression: { type: 'static', value }, type: value.type, from: token.from, to: token.to }
  }
  const { field, type } = fieldAt(cursor)
  return { expression: fieldExpression(field), type, from: token.from, to: token.to }
}

function fieldExpression(field: Field): Expression {
  return { type: 'field', field }
}
