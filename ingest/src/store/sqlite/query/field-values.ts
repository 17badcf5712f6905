// Which values a field has, counted over the newest spans in range until the budget is spent. In: a field, a condition on
// the spans; out: the most frequent values.
import type { Static } from '../../../traceql/ast.ts'
import type { FieldValuesFound, FieldValuesQuestion } from '../../questions.ts'
import { createFinder, fittingSpans, mayHoldSpans } from './candidates.ts'
import type { QuestionParts } from './question-parts.ts'
import { timeText } from './search.ts'
import { Spending } from './spending.ts'

const timeMax = 2n ** 63n - 1n
/** Of distinct values: ids as values must not fill the memory. */
const valuesMax = 100_000

export function createFieldValues(parts: QuestionParts): (question: FieldValuesQuestion) => FieldValuesFound {
  return (question) => {
    const { start = 0n, end = timeMax, field, condition, limit } = question
    const finder = createFinder(parts, condition, { start, end })
    const spending = new Spending(question.budget, parts.directory().all().length)
    const values = new Map<string, { value: Static; spans: number }>()
    let beyond = ''
    for (const row of parts.directory().byStart()) {
      if (!mayHoldSpans(finder, row)) continue
      if (spending.isSpent()) {
        beyond = `spans that started before ${timeText(row.startMax)} are not counted`
        break
      }
      spending.block(row.spanCount, row.bytes)
      const block = parts.spans(row.dataId)
      for (const span of fittingSpans(finder, row, block, row.spanCount)) {
        // Of a list, or of several events, each counts once.
        const found = new Map(block.values(span, field).map((value) => [textOf(value), value]))
        for (const [text, value] of found) {
          const known = values.get(text)
          if (known !== undefined) known.spans++
          else if (values.size < valuesMax) values.set(text, { value, spans: 1 })
          else spending.leaveOut(`there are more than ${valuesMax} values`)
        }
      }
    }
    return {
      values: [...values]
        .sort(([a, { spans: one }], [b, { spans: two }]) => two - one || (a < b ? -1 : 1))
        .slice(0, limit)
        .map(([, found]) => found),
      inspected: spending.inspected,
      cutShort: spending.cutShort(beyond),
    }
  }
}

function textOf(value: Static): string {
  switch (value.type) {
    case 'duration':
      return `duration ${value.nano}`
    case 'status':
      return `status ${value.status}`
    case 'kind':
      return `kind ${value.kind}`
    case 'nil':
      return 'nil'
    case 'boolean':
    case 'float':
    case 'int':
    case 'string':
      return `${value.type} ${value.value}`
  }
}
