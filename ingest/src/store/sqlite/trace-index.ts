// Which blocks hold spans of a trace, by the sorted runs of the trace index. In: a connection, within a transaction of the
// caller's; out: the ids under which blocks were stored. Which runs there are is read once for each state of the store;
// where a run's pages begin, and the pages last used, are remembered: they never change.
import type Database from 'better-sqlite3'
import { Recent } from './recent.ts'
import { offsetsOf } from './trace-keys.ts'

const cachedPageBytesMax = 16 * 2 ** 20

type Run = { id: number; blockMin: number }
/** Of one run, by key. */
type Pages = { keys: BigInt64Array; ids: Float64Array }

export type TraceIndex = { formerBlocksOf(key: bigint): Set<number> }

export function createTraceIndex(db: Database.Database): TraceIndex {
  const runsNow = db.prepare<[], Run>('SELECT id, block_min AS blockMin FROM trace_runs WHERE level >= 0')
  const versionNow = db.prepare<[], number>('PRAGMA data_version').pluck()
  const pagesOfRun = db
    .prepare<[number], [bigint, bigint]>(
      'SELECT key_min, id FROM trace_pages WHERE run_id = ? ORDER BY key_min',
    )
    .safeIntegers()
    .raw()
  const pageOf = db.prepare<[number], Buffer>('SELECT entries FROM trace_pages WHERE id = ?').pluck()
  const pages = new Recent<Buffer>(cachedPageBytesMax, ({ length }) => length)
  let known = new Map<number, Pages>()
  let runs: Run[] = []
  let seenVersion = -1

  function refresh(): void {
    const version = versionNow.get() ?? 0
    if (version === seenVersion) return
    seenVersion = version
    runs = runsNow.all()
    known = new Map(
      runs.map(({ id }) => {
        const found = known.get(id)
        if (found !== undefined) return [id, found]
        const rows = pagesOfRun.all(id)
        const keys = BigInt64Array.from(rows, ([key]) => key)
        return [id, { keys, ids: Float64Array.from(rows, ([, page]) => Number(page)) }]
      }),
    )
  }

  return {
    formerBlocksOf(key) {
      refresh()
      const found = new Set<number>()
      for (const { id, blockMin } of runs) {
        const at = lastUpTo(known.get(id)?.keys, key)
        const pageId = known.get(id)?.ids[at]
        if (pageId === undefined) continue
        const page = pages.get(pageId, () => {
          const entries = pageOf.get(pageId)
          if (entries === undefined)
            throw new Error(`page ${pageId} of the trace index is not there: run "probespan store check"`)
          return entries
        })
        for (const offset of offsetsOf(page, key)) found.add(blockMin + offset)
      }
      return found
    },
  }
}

/** The last place whose key is not above this one; -1 for none. */
function lastUpTo(keys: BigInt64Array | undefined, key: bigint): number {
  let [low, high] = [0, keys?.length ?? 0]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys?.[middle] ?? 0n) <= key) low = middle + 1
    else high = middle
  }
  return low - 1
}
