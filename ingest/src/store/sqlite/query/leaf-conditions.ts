// By which condition on a single span the traces that a pipeline can find are looked for. In: a pipeline; out: conditions
// of which each holds for at least one span of every trace that the pipeline finds. Pure.
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
      const [left, right] = [bestLeaf(leavesOfSpanset(spanset.left)), bestLeaf(leavesOfSpanset(spanset.right))]
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

/** The one that fewest blocks and spans are likely to fit. */
export function bestLeaf(leaves: readonly Leaf[]): Leaf {
  let best: Leaf = { condition: undefined, isOfFound: true }
  let bestRarity = -1
  for (const leaf of leaves) {
    const rarity = rarityOf(leaf.condition) + (leaf.isOfFound ? 0.5 : 0)
    if (rarity > bestRarity) [best, bestRarity] = [leaf, rarity]
  }
  return best
}

/** Nothing is known of the data: equal attributes are rarer than errors, those than services and so on. */
function rarityOf(condition: Expression | undefined): number {
  if (condition === undefined) return 0
  switch (condition.type) {
    case 'and':
      return Math.max(rarityOf(condition.left), rarityOf(condition.right)) + 0.1
    case 'or':
      return Math.min(rarityOf(condition.left), rarityOf(condition.right))
    case 'writtenAs':
      return rarities.attribute
    case 'source':
      return rarities.kind
    case 'compare': {
      const field = condition.left.type === 'field' ? condition.left : condition.right
      if (field.type !== 'field') return rarities.other
      if (field.field.type === 'attribute') {
        if (condition.op !== '=') return rarities.other
        return field.field.key === 'service.name' ? rarities.service : rarities.attribute
      }
      if (condition.op === '!=' || condition.op === '!~') return rarities.other
      return intrinsicRarities[field.field.name] ?? rarities.other
    }
    default:
      return rarities.other
  }
}

const rarities = { other: 1, kind: 2, service: 4, attribute: 8 } as const
const intrinsicRarities: Readonly<Record<string, number>> = {
  'span:kind': rarities.kind,
  'span:duration': 3,
  'span:name': 5,
  'span:status': 6,
  'trace:id': 10,
  'span:id': 10,
}
