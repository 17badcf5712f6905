// What the upkeep has worked out, done by the writer: each a short transaction, so that commits hardly wait. In: a
// writing connection; every change looks first whether what it was worked out from is still so.
import type Database from 'better-sqlite3'
import { changesKept } from './block-directory.ts'
import type { BlockTable, Part } from './block-table.ts'
import type { Caller } from './calls.ts'
import { createFilterChanges } from './filter-changes.ts'
import type { FilterChanges } from './filter-changes.ts'
import { partsOf, spansUpTo } from './parts.ts'
import type { PackedBlock } from './packed-block.ts'
import { decodeShares } from './shares.ts'

/** A block as it was when it was looked at. */
export type BlockVersion = { id: number; dataId: number }

export type Replacement = {
  /** In the order of ids; neighbours, unless nothing is left of them. */
  from: readonly BlockVersion[]
  /** Undefined: nothing is left of them. */
  by: PackedBlock | undefined
  storedMs: number
  parts: readonly Part[] | undefined
}

export type NewPage = { keyMin: bigint; entries: Uint8Array }

export type Changes = FilterChanges & {
  /** False where a block has changed meanwhile, or a destination is in the middle of one that loses spans. */
  replaceBlocks: (replacement: Replacement) => boolean
  /** A run of the trace index that is not read yet; gives its id. */
  beginRun: (range: { blockMin: number; blockMax: number }) => number
  addPages: (pages: { runId: number; pages: readonly NewPage[] }) => void
  /** From now on it is read, and those that it replaces are not. */
  finishRun: (run: { runId: number; level: number; entryCount: number; replaces: readonly number[] }) => void
  /** Whole runs that lead to no block any more. */
  dropRuns: (runIds: readonly number[]) => void
  /** Of runs that are not read any more; gives how many were removed, at most `pagesMax`. */
  removePages: (pagesMax: number) => number
  /** Services that no block had when `lastBlockId` was the last. */
  removeServices: (unused: { serviceIds: readonly number[]; lastBlockId: number }) => void
  /** Free pages at most so many to the disk; gives how many are left. */
  giveBack: (pagesMax: number) => number
}

/** The same, done by another thread. */
export type AskedChanges = {
  [Name in keyof Changes]: (...argument: Parameters<Changes[Name]>) => Promise<ReturnType<Changes[Name]>>
}

export function askChanges(ask: Caller<Changes>): AskedChanges {
  return {
    replaceBlocks: (replacement) => ask('replaceBlocks', replacement),
    beginRun: (range) => ask('beginRun', range),
    addPages: (pages) => ask('addPages', pages),
    finishRun: (run) => ask('finishRun', run),
    dropRuns: (runIds) => ask('dropRuns', runIds),
    removePages: (pagesMax) => ask('removePages', pagesMax),
    removeServices: (unused) => ask('removeServices', unused),
    giveBack: (pagesMax) => ask('giveBack', pagesMax),
    beginGroup: () => ask('beginGroup', undefined),
    addSlices: (slices) => ask('addSlices', slices),
    finishGroup: (group) => ask('finishGroup', group),
    dropGroups: (groupIds) => ask('dropGroups', groupIds),
  }
}

const replaced = -2

/** `table` is the writer's own: it remembers services, which may be removed here. */
export function createChanges(db: Database.Database, table: BlockTable): Changes {
  const pages = pageChanges(db)
  const removeServices = serviceChanges(db, table)
  return {
    ...pages,
    ...createFilterChanges(db),
    replaceBlocks: blockChanges(db, table),
    removeServices,
    giveBack(pagesMax) {
      db.pragma(`incremental_vacuum(${pagesMax})`)
      return Number(db.pragma('freelist_count', { simple: true }))
    },
  }
}

type Row = { dataId: number; firstId: number; spanCount: number; parts: string | null }

function blockChanges(db: Database.Database, table: BlockTable): Changes['replaceBlocks'] {
  const rowOf = db.prepare<[number], Row>(
    `SELECT data_id AS dataId, first_id AS firstId, span_count AS spanCount, parts FROM blocks WHERE id = ?`,
  )
  const cursors = db.prepare<[number], { destination: string; blockId: number; spansDone: number }>(
    `SELECT destination, block_id AS blockId, spans_done AS spansDone FROM cursors WHERE block_id < ?`,
  )
  const nextId = db
    .prepare<[number], number>('SELECT id FROM blocks WHERE id > ? ORDER BY id LIMIT 1')
    .pluck()
  const told = db.prepare('INSERT INTO block_changes (first_id, last_id) VALUES (?, ?)')
  const forget = db.prepare('DELETE FROM block_changes WHERE id <= ?')
  const skip = db.prepare('UPDATE cursors SET spans_skipped = spans_skipped + ? WHERE destination = ?')

  const run = db.transaction(({ from, by, storedMs, parts }: Replacement): boolean => {
    const rows = from.flatMap(({ id, dataId }) => {
      const row = rowOf.get(id)
      return row?.dataId === dataId ? { id, ...row } : []
    })
    const [first, last] = [rows[0], rows.at(-1)]
    if (first === undefined || last === undefined || rows.length < from.length) return false
    const before = rows.flatMap(({ id, spanCount, parts }) =>
      parts === null ? [[id, spanCount] satisfies Part] : partsOf(parts),
    )
    const after = parts ?? [[last.id, by?.spanCount ?? 0] satisfies Part]
    const losesSpans = (by?.spanCount ?? 0) < rows.reduce((sum, { spanCount }) => sum + spanCount, 0)
    if (losesSpans) {
      const behind = cursors.all(last.id)
      // Its count of done spans would stand for others afterwards.
      if (
        behind.some(
          ({ blockId, spansDone }) => spansDone > 0 && rows.some(({ id }) => id === nextId.get(blockId)),
        )
      )
        return false
      for (const { destination, blockId } of behind) {
        skip.run(left(before, blockId) - left(after, blockId), destination)
      }
    }
    for (const { id } of rows) table.remove(id)
    if (by !== undefined) table.insertMerged(by, { id: last.id, firstId: first.firstId, storedMs, parts })
    const { lastInsertRowid: change } = told.run(first.id, last.id)
    forget.run(Number(change) - changesKept)
    return true
  })
  return (replacement) => {
    try {
      return run.immediate(replacement)
    } catch (error) {
      table.forget()
      throw error
    }
  }
}

/** Spans after this block. */
function left(parts: readonly Part[], blockId: number): number {
  return parts.reduce((sum, [, spans]) => sum + spans, 0) - spansUpTo(parts, blockId)
}

type PageChanges = Pick<Changes, 'beginRun' | 'addPages' | 'finishRun' | 'dropRuns' | 'removePages'>

function pageChanges(db: Database.Database): PageChanges {
  const begin = db.prepare(
    'INSERT INTO trace_runs (level, block_min, block_max, entry_count) VALUES (-1, ?, ?, 0)',
  )
  const addPage = db.prepare(
    'INSERT INTO trace_pages (run_id, key_min, entries) SELECT id, ?, ? FROM trace_runs WHERE id = ?',
  )
  const finish = db.prepare('UPDATE trace_runs SET level = ?, entry_count = ? WHERE id = ?')
  const drop = db.prepare(`UPDATE trace_runs SET level = ${replaced} WHERE id = ?`)
  const removePages = db.prepare(
    `DELETE FROM trace_pages WHERE id IN (
       SELECT trace_pages.id FROM trace_runs JOIN trace_pages ON run_id = trace_runs.id
       WHERE level = ${replaced} LIMIT ?
     )`,
  )
  const removeRuns = db.prepare(
    `DELETE FROM trace_runs WHERE level = ${replaced}
       AND NOT EXISTS (SELECT 1 FROM trace_pages WHERE run_id = trace_runs.id)`,
  )
  const addAll = db.transaction((runId: number, pages: readonly NewPage[]) => {
    for (const { keyMin, entries } of pages) addPage.run(keyMin, entries, runId)
  })
  const finishAll = db.transaction(
    (runId: number, level: number, entryCount: number, replaces: readonly number[]) => {
      // Another process that opened the file may have taken it for a dead one's: then what it replaces stays.
      if (finish.run(level, entryCount, runId).changes === 0) return
      for (const id of replaces) drop.run(id)
    },
  )
  const dropAll = db.transaction((ids: readonly number[]) => {
    for (const id of ids) drop.run(id)
  })
  const removeSome = db.transaction((pagesMax: number) => {
    const { changes } = removePages.run(pagesMax)
    if (changes < pagesMax) removeRuns.run()
    return changes
  })
  return {
    beginRun: ({ blockMin, blockMax }) => Number(begin.run(blockMin, blockMax).lastInsertRowid),
    addPages: ({ runId, pages }) => addAll.immediate(runId, pages),
    finishRun: ({ runId, level, entryCount, replaces }) =>
      finishAll.immediate(runId, level, entryCount, replaces),
    dropRuns: (runIds) => dropAll.immediate(runIds),
    removePages: (pagesMax) => removeSome.immediate(pagesMax),
  }
}

function serviceChanges(db: Database.Database, table: BlockTable): Changes['removeServices'] {
  const sharesSince = db.prepare<[number], Buffer>('SELECT shares FROM blocks WHERE id > ?').pluck()
  const removeSources = db.prepare('DELETE FROM service_sources WHERE service_id = ?')
  const remove = db.prepare('DELETE FROM services WHERE id = ?')
  const run = db.transaction((serviceIds: readonly number[], lastBlockId: number) => {
    const used = new Set(
      sharesSince
        .all(lastBlockId)
        .flatMap((shares) => decodeShares(shares).map(({ serviceId }) => serviceId)),
    )
    for (const id of serviceIds) {
      if (used.has(id)) continue
      removeSources.run(id)
      remove.run(id)
    }
  })
  return ({ serviceIds, lastBlockId }) => {
    run.immediate(serviceIds, lastBlockId)
    table.forget()
  }
}
