// Trace ids in queries: they may be written without leading zeros and in upper case, those of the store never are.
import type { Expression, Static } from '../ast.ts'

const traceIdDigits = 32

/** The comparison with the id as the store writes it. Any other comparison as it is. */
export function withWholeTraceId(compare: Expression & { type: 'compare' }): Expression {
  const { left, right, op } = compare
  if (op !== '=' && op !== '!=') return compare
  if (isTraceId(left) && right.type === 'static') return { ...compare, right: whole(right) }
  if (isTraceId(right) && left.type === 'static') return { ...compare, left: whole(left) }
  return compare
}

function isTraceId(expression: Expression): boolean {
  return (
    expression.type === 'field' &&
    expression.field.type === 'intrinsic' &&
    expression.field.name === 'trace:id'
  )
}

function whole(expression: Expression & { type: 'static' }): Expression & { type: 'static' } {
  const { value } = expression
  if (value.type !== 'string') return expression
  const id: Static = { type: 'string', value: value.value.toLowerCase().padStart(traceIdDigits, '0') }
  return { type: 'static', value: id }
}
