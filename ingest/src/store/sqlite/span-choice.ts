// Whether a destination wants spans, by what is stored beside them: a block's shares, or a span's columns. Never by the
// body, whose claims the sender's key may have overruled. In: a SpanChoice; out: yes or no.
import type Database from 'better-sqlite3'
import type { SpanChoice } from '../destination-store.ts'
import { cutName } from './columns.ts'
import type { Columns } from './columns.ts'
import type { StoredShare } from './shares.ts'
import { sourceMask } from './sources.ts'

export type Chooser = {
  everything: boolean
  wantsShare: (share: Pick<StoredShare, 'source' | 'serviceId'>) => boolean
  /** By the span's place in the block. */
  wantsSpan: (columns: Columns) => (span: number) => boolean
}

const anySource = ~0

/** Within a transaction of the caller's: ids of services may change between two. */
export function createChoosers(db: Database.Database): (choice: SpanChoice) => Chooser {
  const idOf = db.prepare<[string], number>('SELECT id FROM services WHERE name = ?').pluck()
  return ({ sources, services }) => {
    const mask = sources === undefined ? anySource : sourceMask(sources)
    const names = services?.map(cutName)
    const ids = names && new Set(names.map((name) => idOf.get(name)))
    return {
      everything: sources === undefined && services === undefined,
      wantsShare: ({ source, serviceId }) =>
        (mask & (1 << source)) !== 0 && (ids === undefined || ids.has(serviceId)),
      wantsSpan(columns) {
        const ordinals = names && new Set(names.map((name) => columns.services.indexOf(name)))
        return (span) =>
          (mask & (1 << (columns.source[span] ?? 0))) !== 0 &&
          (ordinals === undefined || ordinals.has(columns.service[span] ?? 0))
      },
    }
  }
}
