// By which condition on a single span the traces that a pipeline can find are looked for. In: a pipeline; out: conditions
// of which each holds for at least one span of every trace that the pipeline finds. Pure. Which of them is looked for is
// chosen by how many spans are likely to fit it (leaf-choice.ts).
import type { Expression, Pipeline, Spanset } from '../../../traceql/ast.ts'
import { spanConditionOf } from '../../../traceql/span-condition.ts'

export type Leaf = {
  /** Undefined: every span fits. */
  condition: Expression | undefined
  /** Every span that is found fits it; else it is some span of the trace. */
  isOfFound: boolean
}

/** At least one. */
export function leavesOf({ first, stages }: Pipeline): Leaf[] {
  const leaves = leavesOfSpanset(first)
  for (const stage of stages) {
    // What a later stage lets through was there before.
    if (stage.type === 'spanset') leaves.push(...leavesOfSpanset(stage.spanset))
  }
  return leaves
}

function leavesOfSpanset(spanset: Spanset): Leaf[] {
  switch (spanset.type) {
    case 'filter':
      return [{ condition: spanConditionOf(spanset.condition), isOfFound: true }]
    case 'pipeline':
      return leavesOf(spanset.pipeline)
    case 'and':
      return [...leavesOfSpanset(spanset.left), ...leavesOfSpanset(spanset.right)].map(elsewhere)
    case 'or': {
      const [left, right] = [
        firstLeaf(leavesOfSpanset(spanset.left)),
        firstLeaf(leavesOfSpanset(spanset.right)),
      ]
      const isOfFound = left.isOfFound && right.isOfFound
      if (left.condition === undefined || right.condition === undefined) {
        return [{ condition: undefined, isOfFound }]
      }
      return [{ condition: { type: 'or', left: left.condition, right: right.condition }, isOfFound }]
    }
    case 'structural': {
      const right = leavesOfSpanset(spanset.right)
      if (spanset.mode === 'not') return right
      const left = leavesOfSpanset(spanset.left).map(elsewhere)
      return spanset.mode === 'union' ? [...left, ...right.map(elsewhere)] : [...right, ...left]
    }
  }
}

const elsewhere = ({ condition }: Leaf): Leaf => ({ condition, isOfFound: false })

/** One that says something, where there is one. */
function firstLeaf(leaves: readonly Leaf[]): Leaf {
  const [first = { condition: undefined, isOfFound: true }] = leaves
  return leaves.find(({ condition }) => condition !== undefined) ?? first
}
