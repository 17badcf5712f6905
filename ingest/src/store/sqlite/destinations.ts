// How far the destinations are. In: a read-only connection and what each wants; out: answers of the store interface.
// Walks over the rows of the blocks that are not done: some tens of milliseconds for ten thousand of them.
import type Database from 'better-sqlite3'
import type { Cursor, DestinationState, LagLimit, SpanChoice } from '../destination-store.ts'
import type { BlockReader } from './block-reader.ts'
import { createLag, lastToSkip } from './lag.ts'
import { spanMetricsCursor } from './span-metrics-table.ts'

type Row = Pick<DestinationState, 'destination' | 'spansSent' | 'spansRefused' | 'spansSkipped'> &
  Pick<DestinationState, 'spansDropped'> &
  Cursor
type SetAsideRow = DestinationState['setAside'] & { destination: string }

const everything: SpanChoice = { sources: undefined, services: undefined }

export type DestinationReader = {
  destinations: (choices: Readonly<Record<string, SpanChoice>>) => DestinationState[]
  /** See lastToSkip. */
  lastToSkip: (asked: {
    destination: string
    choice: SpanChoice
    limit: LagLimit
    nowMs: number
  }) => number | undefined
}

export function createDestinations(
  db: Database.Database,
  blocks: Pick<BlockReader, 'columns'>,
): DestinationReader {
  const cursors = db.prepare<[], Row>(
    `SELECT destination, block_id AS blockId, spans_done AS spansDone, spans_sent AS spansSent,
       spans_refused AS spansRefused, spans_skipped AS spansSkipped, spans_dropped AS spansDropped
     FROM cursors WHERE destination <> '${spanMetricsCursor}' ORDER BY destination`,
  )
  const cursorOf = db.prepare<[string], Cursor>(
    'SELECT block_id AS blockId, spans_done AS spansDone FROM cursors WHERE destination = ?',
  )
  const setAside = db.prepare<[], SetAsideRow>(
    `SELECT destination, count(*) AS batches, sum(spans_refused) AS spans, sum(bytes) AS bytes
     FROM refused GROUP BY destination`,
  )
  const lagOf = createLag(db, blocks)
  return {
    destinations(choices) {
      const kept = new Map(setAside.all().map(({ destination, ...sums }) => [destination, sums]))
      return cursors.all().map(({ blockId, spansDone, ...counts }) => {
        const cursor = { blockId, spansDone }
        const lag = lagOf(cursor, choices[counts.destination] ?? everything).filter(({ spans }) => spans > 0)
        return {
          ...counts,
          cursor,
          spansBehind: lag.reduce((sum, { spans }) => sum + spans, 0),
          bytesBehind: lag.reduce((sum, { bytes }) => sum + bytes, 0),
          oldestMs: lag[0]?.storedMs,
          setAside: kept.get(counts.destination) ?? { batches: 0, spans: 0, bytes: 0 },
        }
      })
    },
    lastToSkip({ destination, choice, limit, nowMs }) {
      const cursor = cursorOf.get(destination)
      return cursor && lastToSkip(lagOf(cursor, choice), limit, nowMs)
    },
  }
}
