// Aggregates over the spans of a set, and numbers computed from them.
import type { Aggregate, Scalar, Static } from './ast.ts'
import { compileExpression } from './condition.ts'
import { arithmetic, numberOf, orderOf } from './static-value.ts'
import type { TraceScope } from './trace-scope.ts'

/** Undefined (nil) where no span has a number. */
export type ScalarOf = (scope: TraceScope, spans: readonly number[]) => Static | undefined

export function compileScalar(scalar: Scalar): ScalarOf {
  switch (scalar.type) {
    case 'static':
      return () => scalar.value
    case 'aggregate':
      return compileAggregate(scalar.aggregate)
    case 'arithmetic': {
      const { op } = scalar
      const [left, right] = [compileScalar(scalar.left), compileScalar(scalar.right)]
      return (scope, spans) => {
        const one = left(scope, spans)
        const other = right(scope, spans)
        return one === undefined || other === undefined ? undefined : arithmetic(op, one, other)
      }
    }
  }
}

function compileAggregate(aggregate: Aggregate): ScalarOf {
  if (aggregate.fn === 'count') return (_scope, spans) => ({ type: 'int', value: BigInt(spans.length) })
  const { fn } = aggregate
  const values = compileExpression(aggregate.of)
  return (scope, spans) => {
    const numbers: Static[] = []
    for (const span of spans) {
      const [value] = values(scope.at(span))
      if (value !== undefined && numberOf(value) !== undefined) numbers.push(value)
    }
    if (numbers.length === 0) return undefined
    if (fn === 'min' || fn === 'max') return extreme(fn, numbers)
    return fn === 'sum' ? sumOf(numbers) : averageOf(numbers)
  }
}

function extreme(fn: 'min' | 'max', numbers: readonly Static[]): Static | undefined {
  let found = numbers[0]
  for (const number of numbers) {
    const order = found === undefined ? undefined : orderOf(number, found)
    if (order !== undefined && (fn === 'min' ? order < 0 : order > 0)) found = number
  }
  return found
}

/** Of whole numbers or durations alone it is one; otherwise a float. */
function sumOf(numbers: readonly Static[]): Static {
  const isAll = (type: Static['type']): boolean => numbers.every((number) => number.type === type)
  if (isAll('int')) return { type: 'int', value: BigInt.asIntN(64, wholeSum(numbers)) }
  if (isAll('duration')) return { type: 'duration', nano: BigInt.asIntN(64, wholeSum(numbers)) }
  return { type: 'float', value: numbers.reduce((sum, number) => sum + Number(numberOf(number)), 0) }
}

function wholeSum(numbers: readonly Static[]): bigint {
  return numbers.reduce((sum, number) => {
    const whole = numberOf(number)
    return typeof whole === 'bigint' ? sum + whole : sum
  }, 0n)
}

/** Of durations a duration, cut off to nanoseconds. */
function averageOf(numbers: readonly Static[]): Static {
  const sum = sumOf(numbers)
  if (sum.type === 'duration') return { type: 'duration', nano: sum.nano / BigInt(numbers.length) }
  return { type: 'float', value: Number(numberOf(sum)) / numbers.length }
}
