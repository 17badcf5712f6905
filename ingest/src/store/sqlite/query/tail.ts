// The spans that came after a block and fit a condition, in the order in which they came. In: the last block known; out:
// spans, and the block to go on from. Merging does not show: of a merged block what was known before is left out.
import type { Field } from '../../../traceql/ast.ts'
import { fieldsOf } from '../../../traceql/query-fields.ts'
import { kindOf, statusOf } from '../../../otlp/span-heads.ts'
import { spanKind, statusCode } from '../../../wire.ts'
import type { TailFound, TailQuestion } from '../../questions.ts'
import { traceIdAt } from '../block-reader.ts'
import { sourceAt } from '../sources.ts'
import { createFinder, fittingSpans, mayHoldSpans } from './candidates.ts'
import type { Finder } from './candidates.ts'
import { spansAsOf } from '../block-directory.ts'
import type { BlockRow } from '../block-directory.ts'
import type { QuestionParts } from './question-parts.ts'
import { foundSpan } from './search.ts'
import { conditionOf } from './source-condition.ts'

const anyTime = { start: -(2n ** 63n), end: 2n ** 63n }
/** Looked through for one answer; who asks comes again. */
const blocksMax = 64

export function createTail(parts: QuestionParts): (question: TailQuestion) => TailFound {
  return ({ afterBlock, condition: asked, limit }) => {
    const finder = createFinder(parts, asked, anyTime)
    const condition = asked && conditionOf(asked)
    const shown = fieldsOf({
      pipeline: { first: { type: 'filter', condition }, stages: [] },
      metrics: undefined,
    }).shown
    const rows = parts
      .directory()
      .all()
      .filter(({ id }) => id > afterBlock)
      .slice(0, blocksMax)
    const found: TailFound = { block: rows.at(-1)?.id ?? afterBlock, spans: [], skipped: 0 }
    for (const row of rows) {
      if (mayHoldSpans(finder, row)) addSpans(found, row, { finder, afterBlock, shown, limit })
    }
    return found
  }
}

type Adding = {
  finder: Finder
  afterBlock: number
  shown: readonly Field[]
  limit: number
}

function addSpans(found: TailFound, row: BlockRow, { finder, afterBlock, shown, limit }: Adding): void {
  // Of a block that does not tell its parts any more all comes again: better twice than not at all.
  const known = row.parts === undefined ? 0 : spansAsOf(row, afterBlock)
  const block = finder.parts.spans(row.dataId)
  const { columns } = block
  for (const at of fittingSpans(finder, row, block, row.spanCount)) {
    if (at < known) continue
    if (found.spans.length >= limit) {
      found.skipped++
      continue
    }
    const flags = columns.flags[at] ?? 0
    const own = {
      traceId: traceIdAt(columns, columns.trace[at] ?? 0),
      service: columns.services[columns.service[at] ?? 0] ?? '',
      source: sourceAt(columns.source[at] ?? 0),
      kind: spanKind.options[kindOf(flags)] ?? 'UNSPECIFIED',
      status: statusCode.options[statusOf(flags)] ?? 'UNSET',
    }
    for (const span of foundSpan({ block, at }, shown, (field) => block.values(at, field))) {
      found.spans.push({ ...span, ...own })
    }
  }
}
