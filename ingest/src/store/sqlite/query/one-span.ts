// What of a condition can be told from one span alone, without the rest of its trace. In: a condition; out: one that holds
// wherever it does, and reads nothing of the trace; undefined: nothing of it is left. Pure.
import type { Expression } from '../../../traceql/ast.ts'
import { fieldsOfCondition } from '../../../traceql/query-fields.ts'
import { traceFields } from '../../../traceql/trace-view.ts'

export function ofOneSpan(condition: Expression | undefined): Expression | undefined {
  if (condition === undefined || !needsTrace(condition)) return condition
  if (condition.type !== 'and' && condition.type !== 'or') return undefined
  const [left, right] = [ofOneSpan(condition.left), ofOneSpan(condition.right)]
  if (left !== undefined && right !== undefined) return { type: condition.type, left, right }
  return condition.type === 'and' ? (left ?? right) : undefined
}

function needsTrace(condition: Expression): boolean {
  return fieldsOfCondition(condition).some((field) =>
    field.type === 'intrinsic' ? traceFields.has(field.name) : field.ofParent,
  )
}
