// A condition → a function that says whether a span fits. Compiled once a query: patterns, constants and the fields'
// objects are ready before the first span. What compares nothing (a field that the span does not have, a type that
// does not fit) is false, and `!( )` of it true.
import type { Comparison, Expression, Field, Static } from './ast.ts'
import { compiledPattern } from './pattern.ts'
import { withoutNestedSets } from './root-span.ts'
import { arithmetic, compare, negative, numberOf } from './static-value.ts'
import type { Fits, Read } from './trace-view.ts'

type Values = (read: Read) => readonly Static[]
type ValueTest = (value: Static) => boolean

const none: readonly Static[] = []
const booleans: Readonly<Record<'true' | 'false', readonly Static[]>> = {
  true: [{ type: 'boolean', value: true }],
  false: [{ type: 'boolean', value: false }],
}

/** Without a condition every span fits. A pattern that cannot be used (the parser lets none through) fits none. */
export function compileCondition(condition: Expression | undefined): Fits {
  return condition === undefined ? () => true : fitsOf(withoutNestedSets(condition))
}

/** The values of an expression for a span, one or none but for a field alone. */
export function compileExpression(expression: Expression): Values {
  return valuesOf(withoutNestedSets(expression))
}

function fitsOf(condition: Expression): Fits {
  switch (condition.type) {
    case 'and':
    case 'or':
      return joined(condition.type, operandsOf(condition).map(fitsOf))
    case 'not':
      return notOf(condition.of)
    case 'compare':
      return comparison(condition)
    case 'writtenAs':
      return writtenAs(condition.key, condition.text)
    case 'source':
      throw new Error('a store replaces conditions on sources by what it knows of them')
    case 'static': {
      const { value } = condition
      const fits = value.type === 'boolean' && value.value
      return () => fits
    }
    case 'field':
    case 'negative':
    case 'arithmetic': {
      const values = valuesOf(condition)
      return (read) => values(read).some(isTrue)
    }
  }
}

const isTrue: ValueTest = (value) => value.type === 'boolean' && value.value
const isFalse: ValueTest = (value) => value.type === 'boolean' && !value.value

/** Of `a && b && c`, which is joined to the left, a, b and c. */
function operandsOf(condition: Expression & { type: 'and' | 'or' }): Expression[] {
  const operands: Expression[] = []
  let left: Expression = condition
  while (left.type === condition.type) {
    operands.unshift(left.right)
    left = left.left
  }
  return [left, ...operands]
}

function joined(type: 'and' | 'or', tests: Fits[]): Fits {
  const [first, second] = tests
  if (tests.length === 2 && first !== undefined && second !== undefined)
    return type === 'and' ? (read) => first(read) && second(read) : (read) => first(read) || second(read)
  const stopsAt = type === 'or'
  return (read) => {
    for (const test of tests) if (test(read) === stopsAt) return stopsAt
    return !stopsAt
  }
}

/** Of an attribute alone, `!.cached` asks for false; an absent one is neither. */
function notOf(of: Expression): Fits {
  if (of.type === 'field') return (read) => read(of.field).some(isFalse)
  const fits = fitsOf(of)
  return (read) => !fits(read)
}

function comparison({ op, left, right }: Expression & { type: 'compare' }): Fits {
  if (right.type === 'static') {
    if (right.value.type === 'nil') return presence(op, valuesOf(left))
    return someOrAll(op, left, valueTest(op, right.value))
  }
  if (left.type === 'static' && op !== '=~' && op !== '!~')
    return someOrAll(op, right, valueTest(turned[op], left.value))
  return general(op, valuesOf(left), valuesOf(right))
}

function presence(op: Comparison, values: Values): Fits {
  if (op === '=') return (read) => values(read).length === 0
  if (op === '!=') return (read) => values(read).length > 0
  return () => false
}

/** Of a list: `!=` and `!~` hold where they hold for all of it, the others where they hold for one. */
function someOrAll(op: Comparison, of: Expression, test: ValueTest): Fits {
  const isForAll = op === '!=' || op === '!~'
  const values = valuesOf(of)
  return (read) => {
    const found = values(read)
    const [first] = found
    if (first === undefined) return false
    if (found.length === 1) return test(first)
    return isForAll ? found.every(test) : found.some(test)
  }
}

/** `5 < .a` is `.a > 5`. */
const turned = { '=': '=', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const

function valueTest(op: Comparison, to: Static): ValueTest {
  if (op === '=~' || op === '!~') {
    const test = to.type === 'string' ? compiledPattern(to.value).test : undefined
    if (test === undefined) return () => false
    const wanted = op === '=~'
    return (value) => value.type === 'string' && test(value.value) === wanted
  }
  if (to.type === 'string' && (op === '=' || op === '!=')) {
    const { value: text } = to
    if (op === '=') return (value) => value.type === 'string' && value.value === text
    return (value) => value.type === 'string' && value.value !== text
  }
  const number = numberOf(to)
  if (number !== undefined && op !== '=' && op !== '!=') return numberTest(op, number)
  return (value) => compare(op, value, to)
}

function numberTest(op: '<' | '<=' | '>' | '>=', to: bigint | number): ValueTest {
  const than = (test: (number: bigint | number) => boolean): ValueTest => {
    return (value) => {
      const number = numberOf(value)
      return number !== undefined && test(number)
    }
  }
  if (op === '<') return than((number) => number < to)
  if (op === '<=') return than((number) => number <= to)
  return op === '>' ? than((number) => number > to) : than((number) => number >= to)
}

function general(op: Comparison, left: Values, right: Values): Fits {
  if (op === '=~' || op === '!~') return () => false
  const isForAll = op === '!='
  return (read) => {
    // The reader may use its array again for the right side.
    const ones = [...left(read)]
    const others = right(read)
    if (ones.length === 0 || others.length === 0) return false
    const test = (one: Static): boolean => {
      return isForAll
        ? others.every((other) => compare(op, one, other))
        : others.some((other) => compare(op, one, other))
    }
    return isForAll ? ones.every(test) : ones.some(test)
  }
}

function valuesOf(expression: Expression): Values {
  switch (expression.type) {
    case 'field': {
      const { field } = expression
      return (read) => read(field)
    }
    case 'static': {
      const values = expression.value.type === 'nil' ? none : [expression.value]
      return () => values
    }
    case 'negative': {
      const of = valuesOf(expression.of)
      return (read) => single(of(read)[0], negative)
    }
    case 'arithmetic': {
      const { op } = expression
      const [left, right] = [valuesOf(expression.left), valuesOf(expression.right)]
      return (read) => {
        const one = left(read)[0]
        const other = right(read)[0]
        if (one === undefined || other === undefined) return none
        const result = arithmetic(op, one, other)
        return result === undefined ? none : [result]
      }
    }
    case 'not':
    case 'compare':
    case 'and':
    case 'or':
    case 'writtenAs':
    case 'source': {
      const fits = fitsOf(expression)
      return (read) => booleans[fits(read) ? 'true' : 'false']
    }
  }
}

function single(value: Static | undefined, apply: (value: Static) => Static | undefined): readonly Static[] {
  const result = value === undefined ? undefined : apply(value)
  return result === undefined ? none : [result]
}

/** As `isAsked` of the store's attribute filter: a text stands for every value that is written so. */
function writtenAs(key: string, text: string): Fits {
  const ofSpan: Field = { type: 'attribute', scope: 'span', key, ofParent: false }
  const ofResource: Field = { ...ofSpan, scope: 'resource' }
  const number = text.trim() === '' ? Number.NaN : Number(text)
  const test: ValueTest = (value) => {
    if (value.type === 'string') return value.value === text
    if (value.type === 'int' || value.type === 'boolean') return String(value.value) === text
    return value.type === 'float' && value.value === number
  }
  return (read) => read(ofSpan).some(test) || read(ofResource).some(test)
}
