// Packs blocks of the schema's first version anew. In: a database that was just migrated; out: none of them is left.
// Who sent a span is read from its bytes again: in version 1 nothing but they decided it.
import { zstdDecompressSync } from 'node:zlib'
import type Database from 'better-sqlite3'
import { scanBody } from '../../otlp/scan.ts'
import { taggedBatch } from '../../tag/tagged-batch.ts'
import { createBlockTable } from './block-table.ts'
import { chunkOf } from './chunk.ts'
import { packChunk } from './packed-block.ts'

const bodyBytesMax = 256 * 2 ** 20

export function repackVersion1(db: Database.Database): void {
  const first = db.prepare<[], { id: number; body: Buffer }>(
    'SELECT id, body FROM blocks_of_version_1 ORDER BY id LIMIT 1',
  )
  const remove = db.prepare('DELETE FROM blocks_of_version_1 WHERE id = ?')
  const table = createBlockTable(db)
  const storedMs = Date.now()
  const repackOne = db.transaction((): boolean => {
    const old = first.get()
    if (old === undefined) return false
    const body = zstdDecompressSync(old.body, { maxOutputLength: bodyBytesMax })
    table.insert(packChunk(chunkOf(taggedBatch(body, scanBody(body, Number.POSITIVE_INFINITY)))), {
      id: old.id,
      firstId: old.id,
      storedMs,
      parts: undefined,
    })
    remove.run(old.id)
    return true
  })
  while (repackOne.immediate());
}
