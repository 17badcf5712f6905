// What the answers to all questions are made with, on one reading thread: blocks, their rows, and spans' values.
import type Database from 'better-sqlite3'
import type { BlockReader } from '../block-reader.ts'
import { createBlockDirectory } from './block-directory.ts'
import type { BlockDirectory } from './block-directory.ts'
import { SpanValues } from './span-values.ts'

export type QuestionParts = {
  blocks: BlockReader
  /** As of the transaction under way. */
  directory: () => BlockDirectory
  spans: (dataId: number) => SpanValues
}

export function createQuestionParts(db: Database.Database, blocks: BlockReader): QuestionParts {
  return {
    blocks,
    directory: createBlockDirectory(db),
    spans: (dataId) => new SpanValues(blocks.columns(dataId), () => blocks.frames(dataId)),
  }
}
