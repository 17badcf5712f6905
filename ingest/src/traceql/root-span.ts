// Root spans: those without a parent. `nestedSetParent < 0` is how clients ask for root spans. It is answered from the span alone, by its parent's id, where
// the number itself would need the whole trace.
import type { Comparison, Expression, Field, Static } from './ast.ts'
import type { TraceView } from './trace-view.ts'

const parentIdField: Field = { type: 'intrinsic', name: 'span:parentID' }
const parentId: Expression = { type: 'field', field: parentIdField }
const empty: Expression = { type: 'static', value: { type: 'string', value: '' } }

/** Whether the span has no parent, rather than one that the store does not hold. */
export function isRoot(view: TraceView, span: number): boolean {
  if (view.parent(span) >= 0) return false
  const [id] = view.values(span, parentIdField)
  return id === undefined || (id.type === 'string' && id.value === '')
}

/** The condition with such comparisons replaced; the same object where there are none. */
export function withoutNestedSets(expression: Expression): Expression {
  if (expression.type === 'compare') return rootTest(expression) ?? withSides(expression)
  if (expression.type === 'and' || expression.type === 'or') return withSides(expression)
  if (expression.type !== 'not') return expression
  const of = withoutNestedSets(expression.of)
  return of === expression.of ? expression : { ...expression, of }
}

function withSides<E extends Expression & { left: Expression; right: Expression }>(expression: E): E {
  const left = withoutNestedSets(expression.left)
  const right = withoutNestedSets(expression.right)
  return left === expression.left && right === expression.right ? expression : { ...expression, left, right }
}

/** Of a root span the number is -1, of another one at least 0. */
function rootTest({ op, left, right }: Expression & { type: 'compare' }): Expression | undefined {
  if (left.type !== 'field' || left.field.type !== 'intrinsic' || left.field.name !== 'nestedSetParent')
    return undefined
  if (right.type !== 'static' || right.value.type !== 'int') return undefined
  const asksFor = askedFor(op, right.value)
  return asksFor && { type: 'compare', op: asksFor === 'root' ? '=' : '!=', left: parentId, right: empty }
}

function askedFor(op: Comparison, { value }: Static & { type: 'int' }): 'root' | 'others' | undefined {
  if ((op === '<' && value === 0n) || ((op === '=' || op === '<=') && value === -1n)) return 'root'
  if ((op === '>=' && value === 0n) || ((op === '!=' || op === '>') && value === -1n)) return 'others'
  return undefined
}
