// Tokens → a filter of span sets by a number: `count() > 2`, `avg(duration) > 1s`, `max(.a) - min(.a) > 3`.
import type { Arithmetic, Expression, Scalar, Stage, Static } from '../ast.ts'
import { Refusal } from '../mistake.ts'
import type { Cursor } from './cursor.ts'
import { expressionAt, negatedStatic, orderings } from './expression.ts'
import { staticOfWord } from './field.ts'
import type { Token } from './token.ts'
import {
  arithmeticType,
  checkComparison,
  isNumeric,
  referencesSpan,
  wordsOf,
  type Typed,
} from './value-type.ts'

const ofField = ['avg', 'min', 'max', 'sum'] as const
export const aggregateWords: readonly string[] = ['count', ...ofField]
const levels = [['+', '-'], ['*', '/', '%'], ['^']] as const
const factorLevel = 1
const powerLevel = 2

/** As `Typed`; `expression` stands for it where types are checked. */
type TypedScalar = Omit<Typed, 'expression'> & { scalar: Scalar; hasAggregate: boolean }

/** A number or an aggregate, perhaps behind a minus or in parentheses, which may also hold a pipeline. */
export function startsScalar(cursor: Cursor): boolean {
  for (let ahead = 0; ; ahead++) {
    const token = cursor.peek(ahead)
    if (isSign(token, '-')) continue
    if (!isSign(token, '(')) return literalOf(token) !== undefined || isAggregate(token)
    if (holdsPipeline(cursor, ahead)) return false
  }
}

/** Of words `minInt` and `maxInt` alone are numbers. */
function literalOf(token: Token): Static | undefined {
  if (token.type === 'literal') return token.value
  const value = token.type === 'word' ? staticOfWord(token.text) : undefined
  return value?.type === 'int' ? value : undefined
}

function holdsPipeline(cursor: Cursor, start: number): boolean {
  let depth = 0
  for (let ahead = start; ; ahead++) {
    const token = cursor.peek(ahead)
    if (token.type === 'end' || isSign(token, '|', '{', ...orderings)) return token.type !== 'end'
    if (isSign(token, '(')) depth++
    if (isSign(token, ')')) depth--
    if (depth === 0) return false
  }
}

function isSign(token: Token, ...texts: string[]): boolean {
  return token.type === 'sign' && texts.includes(token.text)
}

function isAggregate(token: Token): boolean {
  return token.type === 'word' && aggregateWords.includes(token.text)
}

export function scalarFilterAt(cursor: Cursor): Stage {
  const left = scalarAt(cursor, 0)
  const op = cursor.choose(orderings)
  if (op === undefined && cursor.is(')')) {
    const remedy = 'Compare within the parentheses: ({ … } | count() > 2).'
    cursor.refuse('a number of spans in parentheses cannot be computed with or compared', remedy)
  }
  if (op === undefined)
    cursor.refuse(
      'a comparison is missing behind the number',
      'Compare it, as in count() > 2 or avg(duration) > 1s.',
    )
  const right = scalarAt(cursor, 0)
  if (!left.hasAggregate && !right.hasAggregate) {
    const remedy = 'Compare with count(), avg(…), min(…), max(…) or sum(…) of the spans.'
    throw new Refusal({ from: left.from, to: right.to }, 'this compares two fixed numbers', remedy)
  }
  checkComparison(op, standIn(left), standIn(right))
  return { type: 'scalarFilter', op, left: left.scalar, right: right.scalar }
}

function scalarAt(cursor: Cursor, level: number): TypedScalar {
  const ops = levels[level]
  if (ops === undefined) return operandAt(cursor)
  let left = scalarAt(cursor, level + 1)
  for (;;) {
    const op = cursor.choose<Arithmetic>(ops)
    if (op === undefined) return left
    const right =
      level === powerLevel ? cursor.deeper(() => scalarAt(cursor, level)) : scalarAt(cursor, level + 1)
    left = {
      scalar: { type: 'arithmetic', op, left: left.scalar, right: right.scalar },
      type: arithmeticType(op, standIn(left), standIn(right)),
      hasAggregate: left.hasAggregate || right.hasAggregate,
      from: left.from,
      to: right.to,
    }
  }
}

function operandAt(cursor: Cursor): TypedScalar {
  const { token } = cursor
  if (cursor.take('(') !== undefined) {
    const inner = cursor.deeper(() => scalarAt(cursor, 0))
    cursor.expect(')', 'behind the number that ( opens')
    return { ...inner, from: token.from, to: cursor.end }
  }
  if (cursor.take('-') !== undefined) {
    const of = cursor.deeper(() => scalarAt(cursor, factorLevel))
    return { ...of, scalar: negated(of.scalar), from: token.from }
  }
  if (isAggregate(token)) return aggregateAt(cursor)
  if (cursor.is('{', 'by', 'select')) refuseSpanset(cursor)
  const value = literalOf(token)
  if (value === undefined || !isNumeric(value.type)) {
    const remedy = 'Write a number, a duration, or count(), avg(…), min(…), max(…) or sum(…).'
    return cursor.refuse('a number is missing', remedy)
  }
  cursor.next()
  const scalar: Scalar = { type: 'static', value }
  return { scalar, type: value.type, hasAggregate: false, from: token.from, to: token.to }
}

/** `100 * ({ } | rate())`, `({ } | count()) > 2`: of the second the parser is here as well. */
function refuseSpanset(cursor: Cursor): never {
  const remedy =
    'Write the aggregate behind a |, as in { … } | count() > 2; metrics stand at the end of a query.'
  return cursor.refuse('arithmetic with span sets or metrics is not supported', remedy)
}

/** There is no operation for it in the tree: zero minus the number. */
function negated(scalar: Scalar): Scalar {
  const value = scalar.type === 'static' ? negatedStatic(scalar.value) : undefined
  if (value !== undefined) return { type: 'static', value }
  const zero: Scalar = { type: 'static', value: { type: 'int', value: 0n } }
  return { type: 'arithmetic', op: '-', left: zero, right: scalar }
}

function aggregateAt(cursor: Cursor): TypedScalar {
  const { from } = cursor.token
  const fn = cursor.choose(ofField)
  if (fn === undefined) return countAt(cursor)
  cursor.expect('(', `behind ${fn}`)
  if (cursor.is(')')) cursor.refuse(`${fn} needs a field`, `Write one, as in ${fn}(duration).`)
  const of = cursor.deeper(() => expressionAt(cursor))
  if (!isNumeric(of.type)) {
    const what = `${fn} is for numbers and durations, not for ${wordsOf(of.type)}`
    cursor.refuse(what, `Write a field with numbers, as in ${fn}(duration).`, of)
  }
  if (!referencesSpan(of.expression))
    cursor.refuse(`${fn} has no field in it`, `Write one, as in ${fn}(duration).`, of)
  cursor.expect(')', `behind ${fn}(`)
  const scalar: Scalar = { type: 'aggregate', aggregate: { fn, of: of.expression } }
  return { scalar, type: of.type, hasAggregate: true, from, to: cursor.end }
}

function countAt(cursor: Cursor): TypedScalar {
  const { from } = cursor.next()
  cursor.expect('(', 'behind count')
  if (!cursor.is(')'))
    cursor.refuse('count takes nothing in its parentheses', 'Filter before it: { … } | count() > 2.')
  cursor.next()
  const scalar: Scalar = { type: 'aggregate', aggregate: { fn: 'count' } }
  return { scalar, type: 'int', hasAggregate: true, from, to: cursor.end }
}

const placeholder: Expression = { type: 'static', value: { type: 'nil' } }
function standIn({ type, from, to }: TypedScalar): Typed {
  return { expression: placeholder, type, from, to }
}
