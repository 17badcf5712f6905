// Which of a pipeline's conditions its traces are looked for by: the one that fewest spans are likely to fit, told by the
// blocks' rows and by what kind of condition it is. The others then tell of a trace by its columns whether it is worth
// evaluating. In: conditions that all must hold somewhere in a trace; out: one to look for, and a test of traces.
import type { Expression, Pipeline } from '../../../traceql/ast.ts'
import type { BlockRow } from '../block-directory.ts'
import { columnTest, no } from './column-test.ts'
import type { ColumnTest } from './column-test.ts'
import { leavesOf } from './leaf-conditions.ts'
import { mayHold, planCondition } from './planned-condition.ts'
import type { Planned } from './planned-condition.ts'
import type { QuestionParts } from './question-parts.ts'
import type { SpanValues } from './span-values.ts'
import type { PlacedSpan } from './trace-spans.ts'

export type ChosenLeaf = {
  condition: Expression | undefined
  /** Every span that is found fits it. */
  isOfFound: boolean
  /** False only where the pipeline does not find the trace. */
  mayFind: (spans: readonly PlacedSpan[]) => boolean
}

/** The newest ones, which are looked at first, are enough to tell. */
const rowsLookedAt = 256

export function chooseLeaf(parts: QuestionParts, pipeline: Pipeline, rows: readonly BlockRow[]): ChosenLeaf {
  const leaves = leavesOf(pipeline).map((leaf) => ({
    ...leaf,
    plan: planCondition(leaf.condition, parts.serviceIdOf),
  }))
  const newest = rows.slice(0, rowsLookedAt)
  const spansOf = ({ plan, isOfFound }: (typeof leaves)[number]): number =>
    // Where it is of what is found no time before and behind the range is looked through.
    likelySpans(plan, newest) * (isOfFound ? 1 : 1.5)
  let chosen = leaves[0]
  for (const leaf of leaves.slice(1)) {
    if (chosen === undefined || spansOf(leaf) < spansOf(chosen)) chosen = leaf
  }
  const others = leaves.filter((leaf) => leaf !== chosen && leaf.condition !== undefined)
  return {
    condition: chosen?.condition,
    isOfFound: chosen?.isOfFound ?? true,
    mayFind: traceTest(
      parts,
      others.map(({ plan }) => plan),
    ),
  }
}

function likelySpans(plan: Planned, rows: readonly BlockRow[]): number {
  const anyFrame = (): number => 1
  let spans = 0
  for (const row of rows) if (mayHold(plan, row, anyFrame)) spans += row.spanCount * likelyPart(plan, row)
  return spans
}

/** Nothing is known of the data but its services: guesses, in the order of what is usual. */
const parts = { attribute: 0.001, ordinal: 0.1, duration: 0.1, known: 0.3, unknown: 0.5 } as const

function likelyPart(plan: Planned, row: BlockRow): number {
  switch (plan.type) {
    case 'and':
      return plan.parts.reduce((part, one) => part * likelyPart(one, row), 1)
    case 'or':
      return Math.min(
        1,
        plan.parts.reduce((sum, one) => sum + likelyPart(one, row), 0),
      )
    case 'not':
      return 1
    case 'leaf':
      if (plan.ordinal === 'service') return 16 / Math.max(16, row.shares.length)
      if (plan.hashes !== undefined && !plan.isKnown) return parts.attribute
      if (plan.ordinal !== undefined) return parts.ordinal
      if (plan.duration !== undefined) return parts.duration
      return plan.isKnown ? parts.known : parts.unknown
  }
}

function traceTest(
  { filterOf }: QuestionParts,
  plans: readonly Planned[],
): (spans: readonly PlacedSpan[]) => boolean {
  const bound = new WeakMap<SpanValues, ColumnTest[]>()
  const testsOf = (block: SpanValues): ColumnTest[] => {
    let tests = bound.get(block)
    if (tests === undefined) {
      tests = plans.map((plan) => columnTest(plan, block, filterOf(block.dataId)))
      bound.set(block, tests)
    }
    return tests
  }
  return (spans) =>
    plans.every((_, plan) => spans.some(({ block, at }) => (testsOf(block)[plan]?.(at) ?? no) !== no))
}
