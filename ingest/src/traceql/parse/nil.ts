// Comparisons with nil: whether a span has the field at all.
import type { Comparison, Expression } from '../ast.ts'
import { Refusal } from '../mistake.ts'
import { mayBeMissing } from './intrinsics.ts'
import type { Typed } from './value-type.ts'

/** Undefined where neither side is nil. Nil comes to the right; `nil = nil` is false, as a comparison with nil is. */
export function nilComparison(op: Comparison, left: Typed, right: Typed): Expression | undefined {
  if (left.type !== 'nil' && right.type !== 'nil') return undefined
  const range = { from: left.from, to: right.to }
  if (op !== '=' && op !== '!=')
    throw new Refusal(range, `nil cannot be compared by ${op}`, 'Write = nil for absent, != nil for present.')
  const of = left.type === 'nil' ? right : left
  if (of.type === 'nil') return { type: 'static', value: { type: 'boolean', value: false } }
  const { expression } = of
  if (expression.type === 'field' && expression.field.type === 'intrinsic') {
    const { name } = expression.field
    // A root span has the empty string there.
    if (name === 'span:parentID')
      return {
        type: 'compare',
        op,
        left: expression,
        right: { type: 'static', value: { type: 'string', value: '' } },
      }
    if (op === '=' && !mayBeMissing(name))
      throw new Refusal(range, `${name} is never nil`, 'Every span has it; leave the comparison out.')
  }
  return { type: 'compare', op, left: expression, right: { type: 'static', value: { type: 'nil' } } }
}
