// Tokens → a span set with the stages behind it, up to what is none: the end, `)`, metrics or hints.
import type { Field, Pipeline, Stage } from '../ast.ts'
import type { Cursor } from './cursor.ts'
import { expressionAt } from './expression.ts'
import { fieldAt } from './field.ts'
import { isMetricsWord } from './metrics.ts'
import { aggregateWords, scalarFilterAt, startsScalar } from './scalar.ts'
import { spansetAt } from './spanset.ts'
import { referencesSpan } from './value-type.ts'

/** A query may start with a stage; that is `{ }` with the stage behind it. */
export function pipelineAt(cursor: Cursor): Pipeline {
  const stages: Stage[] = []
  let first: Pipeline['first'] = { type: 'filter', condition: undefined }
  if (startsStage(cursor)) stages.push(stageAt(cursor))
  else first = spansetAt(cursor)
  while (cursor.is('|') && !isMetricsWord(cursor.peek())) {
    cursor.next()
    stages.push(stageAt(cursor))
  }
  return { first, stages }
}

function startsStage(cursor: Cursor): boolean {
  return cursor.is('by', 'coalesce', 'select', ...aggregateWords) || startsScalar(cursor)
}

function stageAt(cursor: Cursor): Stage {
  if (cursor.take('by') !== undefined) return byAt(cursor)
  if (cursor.take('coalesce') !== undefined) {
    cursor.expect('(', 'behind coalesce')
    cursor.expect(')', 'behind coalesce(')
    return { type: 'coalesce' }
  }
  if (cursor.take('select') !== undefined) return { type: 'select', fields: fieldListAt(cursor, 'select') }
  if (startsScalar(cursor)) return scalarFilterAt(cursor)
  if (cursor.is('{', '(')) return { type: 'spanset', spanset: spansetAt(cursor) }
  if (cursor.is('topk', 'bottomk'))
    cursor.refuse(
      `${cursor.token.text} is for metrics`,
      'Write metrics before it, such as | rate() by (name).',
    )
  const remedy =
    'Write { } with conditions, count, avg, min, max, sum, by, coalesce, select, or metrics such as rate.'
  return cursor.refuse('a stage is missing behind |', remedy)
}

function byAt(cursor: Cursor): Stage {
  cursor.expect('(', 'behind by')
  const by = cursor.deeper(() => expressionAt(cursor))
  if (!referencesSpan(by.expression))
    cursor.refuse('by has no field in it', 'Write a field, such as by(resource.service.name).', by)
  if (cursor.is(','))
    cursor.refuse('by of span sets takes one field', 'Write | by(…) once more for the next one.')
  cursor.expect(')', 'behind by(')
  return { type: 'by', by: by.expression }
}

/** In parentheses, with commas. */
export function fieldListAt(cursor: Cursor, word: string): Field[] {
  cursor.expect('(', `behind ${word}`)
  const fields: Field[] = []
  do fields.push(fieldAt(cursor).field)
  while (cursor.take(',') !== undefined)
  cursor.expect(')', `behind the fields of ${word}`)
  return fields
}
