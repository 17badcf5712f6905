// What the answers to all questions are made with, on one reading thread: blocks, their rows, and spans' values.
import type Database from 'better-sqlite3'
import type { BlockReader } from '../block-reader.ts'
import { Recent } from '../recent.ts'
import type { BlockDirectory } from '../block-directory.ts'
import { createFilterIndex } from './filter-index.ts'
import type { AskFilter, ServiceIdOf } from './planned-condition.ts'
import { SpanValues } from './span-values.ts'

/** Of blocks whose columns are remembered anyway. */
const spansKept = 100_000

export type QuestionParts = {
  blocks: BlockReader
  /** As of the transaction under way. */
  directory: () => BlockDirectory
  spans: (dataId: number) => SpanValues
  serviceIdOf: ServiceIdOf
  /** The filter is read when it is first asked. */
  filterOf: (dataId: number) => AskFilter
}

export function createQuestionParts(db: Database.Database, blocks: BlockReader): QuestionParts {
  const spans = new Recent<SpanValues>(spansKept, ({ columns }) => columns.spanCount)
  const serviceId = db.prepare<[string], number>('SELECT id FROM services WHERE name = ?').pluck()
  return {
    blocks,
    directory: blocks.directory,
    spans: (dataId) =>
      spans.get(dataId, () => new SpanValues(dataId, blocks.columns(dataId), () => blocks.frames(dataId))),
    serviceIdOf: (service) => serviceId.get(service),
    filterOf: createFilterIndex(db, (dataId) => blocks.filter(dataId)),
  }
}
