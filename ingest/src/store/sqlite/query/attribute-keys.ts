// Which attributes there are, counted over the newest spans in range until the budget is spent. In: a range and which spans
// count; out: keys by scope. A span that has a key twice (in two events) counts once.
import type { AttributeKey, AttributeKeysFound, AttributeKeysQuestion } from '../../questions.ts'
import { keyValueRanges } from './attribute-values.ts'
import { eachKeyValue } from './every-field.ts'
import type { QuestionParts } from './question-parts.ts'
import { timeText } from './search.ts'
import { createSpanChoice } from './span-choice-test.ts'
import { Spending } from './spending.ts'

const timeMax = 2n ** 63n - 1n
/** Of distinct keys: a sender that puts ids into keys must not fill the memory. */
const keysMax = 10_000

export function createAttributeKeys(
  parts: QuestionParts,
): (question: AttributeKeysQuestion) => AttributeKeysFound {
  return (question) => {
    const { start = 0n, end = timeMax } = question
    const choice = createSpanChoice(question)
    const spending = new Spending(question.budget, parts.directory().all().length)
    const keys = new Map<string, AttributeKey & { lastSpan: number }>()
    let [beyond, spanNumber] = ['', 0]
    for (const row of parts.directory().byStart()) {
      if (row.startMin >= end || row.startMax < start || !choice.mayHold(row)) continue
      if (spending.isSpent()) {
        beyond = `spans that started before ${timeText(row.startMax)} are not counted`
        break
      }
      spending.block(row.spanCount, row.bytes)
      const block = parts.spans(row.dataId)
      const fits = choice.fitsSpan(block.columns)
      for (let span = 0; span < row.spanCount; span++) {
        const time = block.columns.start[span] ?? 0n
        if (time < start || time >= end || !fits(span)) continue
        spanNumber++
        eachKeyValue(block, span, (scope, { reader }, { start: from, end: to }) => {
          const { keyAt, keyEnd } = keyValueRanges(reader, from, to)
          const key = reader.bytes.toString('utf8', keyAt, keyEnd)
          const id = `${scope} ${key}`
          const known = keys.get(id)
          if (known === undefined) {
            if (keys.size < keysMax) keys.set(id, { scope, key, spans: 1, lastSpan: spanNumber })
            else spending.leaveOut(`there are more than ${keysMax} keys`)
          } else if (known.lastSpan !== spanNumber) {
            known.spans++
            known.lastSpan = spanNumber
          }
        })
      }
    }
    return {
      keys: [...keys.values()]
        .map(({ scope, key, spans }) => ({ scope, key, spans }))
        .sort((a, b) => b.spans - a.spans || (`${a.scope} ${a.key}` < `${b.scope} ${b.key}` ? -1 : 1)),
      inspected: spending.inspected,
      cutShort: spending.cutShort(beyond),
    }
  }
}
