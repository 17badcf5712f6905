// Rollups of the blocks in a range of time, those wholly in it and in one step of time as one, others span by span: counts
// are exact. In: a range and steps; out: a rollup a block, newest blocks first, until the budget is spent.
import type { TimeRange } from '../../questions.ts'
import type { Columns } from '../columns.ts'
import type { BlockRow } from '../block-directory.ts'
import type { QuestionParts } from './question-parts.ts'
import { rollupOf } from './rollup.ts'
import type { Rollup } from './rollup.ts'
import { timeText } from './search.ts'
import type { Spending } from './spending.ts'

const timeMax = 2n ** 63n - 1n

export type Steps = TimeRange & { stepNano?: bigint | undefined }

/** `visit` gets a way to read the rollup, and the step (0 without steps) of one that has none of its own. Gives the words for what is missing. */
export function eachRollup(
  { directory, blocks }: QuestionParts,
  { start = 0n, end = timeMax, stepNano }: Steps,
  fits: (row: BlockRow) => boolean,
  spending: Spending,
  visit: (rollup: () => Rollup, step: number, row: BlockRow) => void,
): string {
  const stepOf = (time: bigint): number => (stepNano === undefined ? 0 : Number((time - start) / stepNano))
  for (const row of directory().byStart()) {
    if (row.startMin >= end || row.startMax < start || !fits(row)) continue
    if (spending.isSpent()) return `spans that started before ${timeText(row.startMax)} are not counted`
    spending.block(row.spanCount, 0)
    const isWhole = row.startMin >= start && row.startMax < end
    if (isWhole && stepOf(row.startMin) === stepOf(row.startMax)) {
      visit(() => blocks.rollup(row.dataId), stepOf(row.startMin), row)
      continue
    }
    visit(
      () => {
        const columns = blocks.columns(row.dataId)
        return rollupOf(columns, stepsOfSpans(columns, start, end, stepOf))
      },
      0,
      row,
    )
  }
  return ''
}

function stepsOfSpans(
  { start: starts }: Columns,
  start: bigint,
  end: bigint,
  stepOf: (time: bigint) => number,
): (span: number) => number {
  return (span) => {
    const time = starts[span] ?? 0n
    return time >= start && time < end ? stepOf(time) : -1
  }
}
