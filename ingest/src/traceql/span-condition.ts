// What a condition asks of the span alone, for who looks for spans before whole traces are read.
import type { Expression } from './ast.ts'
import { fieldsOfCondition } from './query-fields.ts'
import { withoutNestedSets } from './root-span.ts'
import { needsTrace } from './trace-view.ts'

/**
 * A condition that needs nothing but the span and holds wherever the given one does: the same where that needs no more,
 * else its parts that do not. Undefined where every span may fit.
 */
export function spanConditionOf(condition: Expression | undefined): Expression | undefined {
  return condition === undefined ? undefined : partOf(withoutNestedSets(condition))
}

function partOf(condition: Expression): Expression | undefined {
  if (!fieldsOfCondition(condition).some(needsTrace)) return condition
  if (condition.type !== 'and' && condition.type !== 'or') return undefined
  const left = partOf(condition.left)
  const right = partOf(condition.right)
  if (left === undefined || right === undefined) {
    // A part of an `or` that any span may fit lets every span through.
    return condition.type === 'and' ? (left ?? right) : undefined
  }
  return { ...condition, left, right }
}
