// Keeps the trace index in few runs: of `fanIn` runs of one level it makes one of the next, page by page, so that
// memory does not grow with the runs. In: a read-only connection and the writer's changes; out: whether there was
// something to do. Entries of blocks that are gone are left behind.
import type Database from 'better-sqlite3'
import type { AskedChanges, NewPage } from './changes.ts'
import { pageEntries, pageOf } from './trace-keys.ts'

const fanIn = 16
const entriesPerPage = 512
/** A change of so many pages is some 1.5 MB. */
const pagesPerChange = 256

type Run = { id: number; blockMin: number; blockMax: number }

export function createTraceMerge(
  db: Database.Database,
  changes: Pick<AskedChanges, 'beginRun' | 'addPages' | 'finishRun' | 'dropRuns' | 'removePages'>,
): () => Promise<boolean> {
  const fullLevel = db
    .prepare<[], number>(
      `SELECT level FROM trace_runs WHERE level >= 0 GROUP BY level HAVING count(*) >= ${fanIn} ORDER BY level LIMIT 1`,
    )
    .pluck()
  const oldestOf = db.prepare<[number], Run>(
    `SELECT id, block_min AS blockMin, block_max AS blockMax FROM trace_runs WHERE level = ?
     ORDER BY block_min LIMIT ${fanIn}`,
  )
  const dead = db
    .prepare<[], number>(
      `SELECT id FROM trace_runs WHERE level >= 0 AND coalesce(
         (SELECT first_id FROM blocks WHERE id >= block_min ORDER BY id LIMIT 1) > block_max, true)`,
    )
    .pluck()
  const nextPage = db
    .prepare<[number, bigint], Buffer>(
      'SELECT entries FROM trace_pages WHERE run_id = ? AND key_min > ? ORDER BY key_min LIMIT 1',
    )
    .pluck()
  const liveIn = db.prepare<[number, number], { firstId: number; id: number }>(
    'SELECT first_id AS firstId, id FROM blocks WHERE id >= ? AND first_id <= ?',
  )

  async function mergeLevel(level: number): Promise<void> {
    const runs = oldestOf.all(level)
    const blockMin = Math.min(...runs.map((run) => run.blockMin))
    const blockMax = Math.max(...runs.map((run) => run.blockMax))
    const isLive = liveness(liveIn.all(blockMin, blockMax), blockMin, blockMax)
    const sources = runs.map((run) => new RunReader(run, (after) => nextPage.get(run.id, after), blockMin))
    const runId = await changes.beginRun({ blockMin, blockMax })
    let entryCount = 0
    let pages: NewPage[] = []
    for (const page of mergedPages(sources, isLive)) {
      pages.push({ keyMin: page.readBigInt64LE(0), entries: page })
      entryCount += pageEntries(page)
      if (pages.length < pagesPerChange) continue
      await changes.addPages({ runId, pages })
      pages = []
    }
    await changes.addPages({ runId, pages })
    await changes.finishRun({ runId, level: level + 1, entryCount, replaces: runs.map(({ id }) => id) })
  }

  return async () => {
    const gone = dead.all()
    if (gone.length > 0) await changes.dropRuns(gone)
    const level = fullLevel.get()
    if (level !== undefined) await mergeLevel(level)
    while ((await changes.removePages(pagesPerChange)) === pagesPerChange);
    return level !== undefined
  }
}

/** By a block's offset from `blockMin`. */
function liveness(
  blocks: readonly { firstId: number; id: number }[],
  blockMin: number,
  blockMax: number,
): (offset: number) => boolean {
  const live = new Uint8Array(blockMax - blockMin + 1)
  for (const { firstId, id } of blocks) live.fill(1, Math.max(0, firstId - blockMin), id - blockMin + 1)
  return (offset) => live[offset] === 1
}

/** One run's entries in order. Keys in two halves: comparing bigints would cost ten times as much. */
class RunReader {
  readonly #nextPage: (after: bigint) => Buffer | undefined
  readonly #shift: number
  #page: Buffer = Buffer.alloc(0)
  #view: DataView = new DataView(new ArrayBuffer(0))
  #at = 0
  #count = 0
  #after = -(2n ** 63n)
  high = 0
  low = 0
  /** From the merged run's lowest block. */
  offset = 0
  isDone = false

  constructor(run: Run, nextPage: (after: bigint) => Buffer | undefined, blockMin: number) {
    this.#nextPage = nextPage
    this.#shift = run.blockMin - blockMin
    this.advance()
  }

  advance(): void {
    if (this.#at === this.#count) this.#turn()
    if (this.isDone) return
    this.low = this.#view.getUint32(this.#at * 8, true)
    this.high = this.#view.getInt32(this.#at * 8 + 4, true)
    this.offset = this.#view.getUint32(this.#count * 8 + this.#at * 4, true) + this.#shift
    this.#at++
  }

  #turn(): void {
    const page = this.#nextPage(this.#after)
    this.isDone = page === undefined || page.length === 0
    if (page === undefined || this.isDone) return
    this.#page = page
    this.#view = new DataView(page.buffer, page.byteOffset, page.byteLength)
    this.#count = pageEntries(page)
    this.#at = 0
    this.#after = this.#page.readBigInt64LE(0)
  }

  isBefore(other: RunReader): boolean {
    return this.high < other.high || (this.high === other.high && this.low < other.low)
  }
}

/** A key's entries are all in one page, so that one page is all that asking for it reads. */
function* mergedPages(runs: readonly RunReader[], isLive: (offset: number) => boolean): Generator<Buffer> {
  let page = new PageBuilder()
  for (let open = runs.filter(({ isDone }) => !isDone); open.length > 0;) {
    let least = open[0]
    for (const run of open) if (least === undefined || run.isBefore(least)) least = run
    if (least === undefined) break
    if (isLive(least.offset) && !page.isLast(least)) {
      if (page.count >= entriesPerPage && !page.endsWithKeyOf(least)) {
        yield page.build()
        page = new PageBuilder()
      }
      page.add(least)
    }
    least.advance()
    if (least.isDone) open = open.filter(({ isDone }) => !isDone)
  }
  if (page.count > 0) yield page.build()
}

class PageBuilder {
  readonly #words: number[] = []
  readonly #offsets: number[] = []

  get count(): number {
    return this.#offsets.length
  }

  endsWithKeyOf({ low, high }: RunReader): boolean {
    return this.#words.at(-2) === low && this.#words.at(-1) === high
  }

  isLast(entry: RunReader): boolean {
    return this.endsWithKeyOf(entry) && this.#offsets.at(-1) === entry.offset
  }

  add({ low, high, offset }: RunReader): void {
    this.#words.push(low, high)
    this.#offsets.push(offset)
  }

  build(): Buffer {
    return pageOf(new BigInt64Array(Int32Array.from(this.#words).buffer), Uint32Array.from(this.#offsets))
  }
}
