// Tokens → span sets: `{ }`, what joins them, and pipelines in parentheses. Structural signs join first, then &&, then
// ||; each from left to right.
import type { Relation, Spanset } from '../ast.ts'
import type { Cursor } from './cursor.ts'
import { expressionAt } from './expression.ts'
import { pipelineAt } from './pipeline.ts'
import { checkCondition } from './value-type.ts'

const relations: Readonly<Record<string, Relation>> = {
  '>': 'child',
  '>>': 'descendant',
  '<': 'parent',
  '<<': 'ancestor',
  '~': 'sibling',
}
const structuralSigns = Object.keys(relations).flatMap((sign) => [sign, `!${sign}`, `&${sign}`])

export function spansetAt(cursor: Cursor): Spanset {
  let left = allOfAt(cursor)
  while (cursor.take('||') !== undefined) left = { type: 'or', left, right: allOfAt(cursor) }
  return left
}

function allOfAt(cursor: Cursor): Spanset {
  let left = relatedAt(cursor)
  while (cursor.take('&&') !== undefined) left = { type: 'and', left, right: relatedAt(cursor) }
  return left
}

function relatedAt(cursor: Cursor): Spanset {
  let left = oneAt(cursor)
  for (;;) {
    const sign = cursor.take(...structuralSigns)?.text
    if (sign === undefined) return left
    const mode = sign.startsWith('!') ? 'not' : sign.startsWith('&') ? 'union' : 'plain'
    const relation = relations[mode === 'plain' ? sign : sign.slice(1)] ?? 'child'
    left = { type: 'structural', relation, mode, left, right: oneAt(cursor) }
  }
}

function oneAt(cursor: Cursor): Spanset {
  if (cursor.is('{')) return filterAt(cursor)
  if (cursor.take('(') === undefined) return cursor.refuse('a span set is missing', spansetRemedy)
  const pipeline = cursor.deeper(() => pipelineAt(cursor))
  if (cursor.is('|')) refuseStage(cursor)
  cursor.expect(')', 'behind what ( opens')
  // Parentheses around a span set alone only group.
  return pipeline.stages.length === 0 ? pipeline.first : { type: 'pipeline', pipeline }
}

const spansetRemedy = 'Write { } for all spans, or conditions in it: { status = error }.'

/** Metrics are of a whole query. */
function refuseStage(cursor: Cursor): never {
  const { text } = cursor.peek()
  const remedy =
    'Write it at the end of the query, not in parentheses; metrics of two queries cannot be combined.'
  return cursor.refuse(`${text} cannot stand in parentheses`, remedy, cursor.peek())
}

export function filterAt(cursor: Cursor): Spanset & { type: 'filter' } {
  cursor.expect('{', 'before the conditions')
  if (cursor.take('}') !== undefined) return { type: 'filter', condition: undefined }
  const condition = cursor.deeper(() => expressionAt(cursor))
  if (!cursor.is('}')) refuseAfterCondition(cursor)
  checkCondition(condition)
  cursor.next()
  return { type: 'filter', condition: condition.expression }
}

function refuseAfterCondition(cursor: Cursor): never {
  if (cursor.is(...structuralSigns, '|')) {
    const remedy = 'Close the conditions before it with } and write those behind it in { } of their own.'
    return cursor.refuse(`${cursor.token.text} is between span sets, not between conditions`, remedy)
  }
  return cursor.refuse('} or an operator is missing', 'Join conditions with && or ||, and close them with }.')
}
