// Follows the stored blocks and counts their spans, block by block from a durable cursor on. In: a read-only connection,
// the writing thread; out: what was counted, saved with the cursor in one transaction. What was shown to anyone was saved
// before, so that nothing that was seen goes back, whatever happens to the process.
import type Database from 'better-sqlite3'
import { releaseMemory } from '../../released.ts'
import { familiesOf } from '../../spanmetrics/families.ts'
import type { Family } from '../../spanmetrics/families.ts'
import { ownFamilies } from '../../spanmetrics/own-families.ts'
import { spanBodies } from '../../spanmetrics/span-bodies.ts'
import { SpanMetrics } from '../../spanmetrics/span-metrics.ts'
import type { SpanMetricsSettings } from '../../spanmetrics/span-metrics.ts'
import { encodeState, restoreState } from '../../spanmetrics/state.ts'
import { framesHolding } from './attribute-filter.ts'
import type { BlockReader } from './block-reader.ts'
import type { Caller } from './calls.ts'
import { callerMark } from './caller-mark.ts'
import { createEdgePrune } from './edge-prune.ts'
import { partsOf, spansUpTo } from './parts.ts'
import { spanMetricsCursor } from './span-metrics-table.ts'
import type { EdgePrune, SpanMetricsTable } from './span-metrics-table.ts'
import { sourceAt, sourceMask } from './sources.ts'

/** A commit's spans are seen so much later at the most: without new blocks the clock runs this far behind. */
const settleMs = 1_000

type Blocks = Pick<BlockReader, 'useColumns' | 'frames' | 'filter'>
type Row = { id: number; dataId: number; storedMs: number; parts: string | null }

export class Counting {
  readonly #blocks: Blocks
  readonly #metrics: SpanMetrics
  readonly #ask: Caller<SpanMetricsTable>
  readonly #after: Database.Statement<[number], Row>
  readonly #last: Database.Statement<[], number>
  readonly #skipped: Database.Statement<[string], number>
  readonly #countNext: Database.Transaction<() => boolean>
  readonly #pruneOf: (nowMs: number) => EdgePrune | undefined
  #blockId: number
  #isDirty = false
  #saving: Promise<unknown> = Promise.resolve()

  static async open(
    db: Database.Database,
    blocks: Blocks,
    settings: SpanMetricsSettings,
    ask: Caller<SpanMetricsTable>,
  ): Promise<Counting> {
    return new Counting(db, blocks, await opened(settings, ask), ask)
  }

  private constructor(
    db: Database.Database,
    blocks: Blocks,
    { metrics, blockId }: Opened,
    ask: Caller<SpanMetricsTable>,
  ) {
    this.#blocks = blocks
    this.#metrics = metrics
    this.#blockId = blockId
    this.#ask = ask
    this.#after = db.prepare(
      `SELECT id, data_id AS dataId, stored_ms AS storedMs, parts FROM blocks WHERE id > ? ORDER BY id LIMIT 1`,
    )
    this.#last = db.prepare<[], number>('SELECT coalesce(max(id), 0) FROM blocks').pluck()
    this.#skipped = db
      .prepare<[string], number>('SELECT spans_skipped FROM cursors WHERE destination = ?')
      .pluck()
    this.#countNext = db.transaction(() => this.#count())
    this.#pruneOf = createEdgePrune(db)
  }

  /** Counts the next block; false where there is none. */
  next(): boolean {
    return this.#countNext.deferred()
  }

  /** The last block that is stored. */
  get lastBlock(): number {
    return this.#last.get() ?? 0
  }

  /** Blocks up to this one are counted. */
  get countedBlock(): number {
    return this.#blockId
  }

  /** Without more blocks: what has waited long enough is counted. */
  settle(nowMs: number): void {
    if (this.#metrics.advance(nowMs - settleMs)) this.#isDirty = true
  }

  /** What was counted, once it is saved. */
  saved(): Promise<Family[]> {
    return this.#afterLast(() => [
      ...familiesOf(this.#metrics, sourceAt),
      ...ownFamilies(this.#metrics, { skipped: this.#skipped.get(spanMetricsCursor) ?? 0 }),
    ])
  }

  save(): Promise<void> {
    return this.#afterLast(() => {})
  }

  #count(): boolean {
    const row = this.#after.get(this.#blockId)
    if (row === undefined) return false
    const { dataId, storedMs, parts } = row
    this.#blocks.useColumns(dataId, (spans) =>
      this.#metrics.count({
        spans,
        from: spansUpTo(partsOf(parts), this.#blockId),
        storedMs,
        bodies: spanBodies(() => this.#blocks.frames(dataId)),
        mayTellCaller: () => this.#mayTellCaller(dataId),
      }),
    )
    this.#blockId = row.id
    this.#isDirty = true
    return true
  }

  #mayTellCaller(dataId: number): boolean {
    const filter = this.#blocks.filter(dataId)
    const frames = framesHolding(filter, callerMark)
    releaseMemory(filter)
    return frames !== 0
  }

  /** One at a time, each with all that was counted until then. */
  #afterLast<T>(read: () => T): Promise<T> {
    const next = this.#saving.then(() => this.#saveNow(read))
    this.#saving = next.catch(() => {})
    return next
  }

  async #saveNow<T>(read: () => T): Promise<T> {
    const found = read()
    if (!this.#isDirty) return found
    const metrics = this.#metrics
    const totals = metrics.edges.totals.take()
    this.#isDirty = false
    try {
      const state = encodeState(metrics)
      const [blockId, countedMs, prune] = [this.#blockId, metrics.clockMs, this.#pruneOf(metrics.clockMs)]
      await this.#ask('saveSpanMetrics', { blockId, countedMs, state, totals, prune }, [state.buffer])
    } catch (error) {
      // They go with the next ones.
      metrics.edges.totals.putBack(totals)
      this.#isDirty = true
      throw error
    }
    return found
  }
}

type Opened = { metrics: SpanMetrics; blockId: number }

/** What was saved; nothing where it was another program's, and then everything stored is counted anew. */
async function opened(settings: SpanMetricsSettings, ask: Caller<SpanMetricsTable>): Promise<Opened> {
  const { blockId, state } = await ask('openSpanMetrics', undefined)
  const metrics = new SpanMetrics(settings, sourceMask(settings.sources))
  if (state === undefined || restoreState(metrics, state)) return { metrics, blockId }
  await ask('forgetSpanMetrics', undefined)
  const begun = await ask('openSpanMetrics', undefined)
  return { metrics: new SpanMetrics(settings, sourceMask(settings.sources)), blockId: begun.blockId }
}
