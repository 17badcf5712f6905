// Takes away what retention says: whole blocks, or some services' spans out of a block, which is packed anew. In: a
// read-only connection, the writer's changes, the rules; out: what changed. Then services that have no spans any more,
// and free pages back to the disk.
import type Database from 'better-sqlite3'
import { isOwn } from '../../tag/own-source.ts'
import { sharesToDrop } from '../retention.ts'
import type { KeptBlock, KeptShare, Retention } from '../retention.ts'
import type { BlockReader } from './block-reader.ts'
import type { Part } from './block-table.ts'
import type { AskedChanges, BlockVersion, Replacement } from './changes.ts'
import { chunkOf } from './chunk.ts'
import { partsOf } from './parts.ts'
import { packChunk } from './packed-block.ts'
import { decodeShares } from './shares.ts'
import { sourceAt, sourceNumber } from './sources.ts'
import { storedBatch } from './stored-batch.ts'

/** Removed in one transaction: some 5 MB. */
const blocksPerChange = 16

export type Expired = {
  /** Taken away, or rewritten without some spans. */
  blocks: number
  /** Of these, such that had spans taken of others than ingest itself. */
  blocksOfOthers: number
}

type Row = BlockVersion & { storedMs: number; bytes: number; shares: Buffer; parts: string | null }
type StoredBlock = KeptBlock & Omit<Row, 'shares'>

export function createExpiry(
  db: Database.Database,
  blocks: Pick<BlockReader, 'body' | 'columns'>,
  changes: Pick<AskedChanges, 'replaceBlocks' | 'removeServices'>,
  retention: Retention,
): (nowMs: number) => Promise<Expired> {
  const all = db.prepare<[], Row>(
    `SELECT id, data_id AS dataId, stored_ms AS storedMs, bytes, shares, parts FROM blocks ORDER BY id`,
  )
  const services = db.prepare<[], { id: number; name: string }>('SELECT id, name FROM services')
  const pages = (name: 'page_count' | 'freelist_count' | 'page_size'): number =>
    Number(db.pragma(name, { simple: true }))

  const read = db.transaction(() => {
    const names = new Map(services.all().map(({ id, name }) => [id, name]))
    const stored = all.all().map((row): StoredBlock => ({ ...row, shares: keptShares(row, names) }))
    return { stored, storedBytes: (pages('page_count') - pages('freelist_count')) * pages('page_size') }
  })
  const rewritten = db.transaction((block: StoredBlock, drop: ReadonlySet<KeptShare>) =>
    without(blocks, block, drop),
  )

  return async (nowMs) => {
    const { stored, storedBytes } = read.deferred()
    const drops = sharesToDrop(retention, stored, nowMs, storedBytes)
    const whole: BlockVersion[] = []
    let [changed, blocksOfOthers] = [0, 0]
    for (const [index, block] of stored.entries()) {
      const drop = drops[index]
      if (drop === undefined || drop.size === 0) continue
      if (![...drop].every(isOwn)) blocksOfOthers++
      const version = { id: block.id, dataId: block.dataId }
      if (drop.size === block.shares.length) {
        whole.push(version)
        if (whole.length === blocksPerChange) changed += await dropWhole(whole.splice(0))
        continue
      }
      const replacement = { from: [version], storedMs: block.storedMs, ...rewritten.deferred(block, drop) }
      if (await changes.replaceBlocks(replacement)) changed++
    }
    changed += await dropWhole(whole)
    if (changed > 0) await removeUnusedServices()
    return { blocks: changed, blocksOfOthers }
  }

  /** All in one transaction, or, where one of them may not go yet, each in its own. */
  async function dropWhole(from: readonly BlockVersion[]): Promise<number> {
    if (from.length === 0) return 0
    if (await changes.replaceBlocks({ from, by: undefined, storedMs: 0, parts: undefined }))
      return from.length
    let dropped = 0
    if (from.length > 1) for (const one of from) dropped += await dropWhole([one])
    return dropped
  }

  async function removeUnusedServices(): Promise<void> {
    const unused = db.transaction(() => {
      const rows = all.all()
      const used = new Set(
        rows.flatMap(({ shares }) => decodeShares(shares).map(({ serviceId }) => serviceId)),
      )
      const serviceIds = services.all().flatMap(({ id }) => (used.has(id) ? [] : id))
      return { serviceIds, lastBlockId: rows.at(-1)?.id ?? 0 }
    })
    const found = unused.deferred()
    if (found.serviceIds.length > 0) await changes.removeServices(found)
  }
}

/** A block's stored bytes, dealt out by how many OTLP bytes each has of it. */
function keptShares({ shares, bytes }: Row, names: ReadonlyMap<number, string>): KeptShare[] {
  const found = decodeShares(shares)
  const sum = found.reduce((sum, share) => sum + share.bytes, 0)
  return found.map((share) => ({
    source: sourceAt(share.source),
    service: names.get(share.serviceId) ?? '',
    bytes: sum === 0 ? 0 : (bytes * share.bytes) / sum,
  }))
}

function without(
  blocks: Pick<BlockReader, 'body' | 'columns'>,
  { dataId, parts }: StoredBlock,
  drop: ReadonlySet<KeptShare>,
): Pick<Replacement, 'by' | 'parts'> {
  const columns = blocks.columns(dataId)
  const dropped = new Set(
    Array.from(
      drop,
      ({ source, service }) => sourceNumber(source) * 65_536 + columns.services.indexOf(service),
    ),
  )
  const keeps = (span: number): boolean =>
    !dropped.has((columns.source[span] ?? 0) * 65_536 + (columns.service[span] ?? 0))
  const batch = storedBatch(blocks.body(dataId), columns, keeps)
  return {
    by: packChunk(chunkOf(batch)),
    parts: parts === null ? undefined : keptParts(partsOf(parts), keeps),
  }
}

function keptParts(parts: readonly Part[], keeps: (span: number) => boolean): Part[] {
  let at = 0
  return parts.map(([partId, spans]): Part => {
    let count = 0
    for (const end = at + spans; at < end; at++) if (keeps(at)) count++
    return [partId, count]
  })
}
