// The questions that are answered on a reading thread, each in one state of the store. In: a read-only connection; out: one
// function a question.
import type Database from 'better-sqlite3'
import type { Questions } from '../../questions.ts'
import type { BlockReader } from '../block-reader.ts'
import { createAttributeKeys } from './attribute-keys.ts'
import { createFieldValues } from './field-values.ts'
import { createMeasure } from './measure.ts'
import { createQuestionParts } from './question-parts.ts'
import { createOperations, createRed } from './red.ts'
import { createTraceSearch } from './search.ts'
import { createTail } from './tail.ts'

export type AnsweredName = Exclude<keyof Questions, 'dependencies' | 'onCommit' | 'lastBlock'>
export type QuestionReader = {
  [Name in AnsweredName]: (question: Parameters<Questions[Name]>[0]) => Awaited<ReturnType<Questions[Name]>>
} & { lastBlock: () => number }

/** `inOneState` runs a function within one transaction. */
export function createQuestionReader(
  db: Database.Database,
  blocks: BlockReader,
  inOneState: <Question extends unknown[], Answer>(
    ask: (...question: Question) => Answer,
  ) => (...question: Question) => Answer,
): QuestionReader {
  const parts = createQuestionParts(db, blocks)
  const last = db.prepare<[], number>("SELECT seq FROM sqlite_sequence WHERE name = 'blocks'").pluck()
  return {
    search: inOneState(createTraceSearch(parts)),
    measure: inOneState(createMeasure(parts)),
    red: inOneState(createRed(parts)),
    attributeKeys: inOneState(createAttributeKeys(parts)),
    fieldValues: inOneState(createFieldValues(parts)),
    operations: inOneState(createOperations(parts)),
    tail: inOneState(createTail(parts)),
    lastBlock: () => last.get() ?? 0,
  }
}
