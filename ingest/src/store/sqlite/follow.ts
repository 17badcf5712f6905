// Block after block, for those who read everything: the first block after the one that they are done with. Within a
// transaction of the caller's.
import type Database from 'better-sqlite3'
import type { StoredBlock } from '../store.ts'
import type { BlockReader } from './block-reader.ts'
import { createChosenSpans } from './chosen-spans.ts'

export function createFollow(
  db: Database.Database,
  blocks: Pick<BlockReader, 'body' | 'columns'>,
): (blockId: number) => StoredBlock | undefined {
  const spansAfter = createChosenSpans(db, blocks)
  return (blockId) => {
    const found = spansAfter({ blockId, spansDone: 0 }, { sources: undefined, services: undefined })
    return found && { id: found.id, spanCount: found.spanCount, body: found.body }
  }
}
