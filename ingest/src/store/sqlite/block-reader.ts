// Reads blocks by id on a read-only connection, within a transaction of the caller's. What is remembered cannot go
// stale: rows of block_data and trace_pages never change. Columns are kept decoded, newest use last, up to
// `spansKept` spans (38 bytes each and their strings).
import type Database from 'better-sqlite3'
import { isRoot, statusOf } from '../../otlp/span-heads.ts'
import { releaseMemory } from '../../released.ts'
import type { SpanFacts } from '../summary.ts'
import { framesOf, unpackBody, unpackFrame } from './body-frames.ts'
import { createBlockDirectory } from './block-directory.ts'
import type { BlockDirectory, BlockRow } from './block-directory.ts'
import { decodeColumns } from './columns-codec.ts'
import { releaseColumns } from './columns.ts'
import type { Columns } from './columns.ts'
import type { Frame } from './body-frames.ts'
import { UnpackedFrame } from './query/located-body.ts'
import type { LocatedBody } from './query/located-body.ts'
import { Recent } from './recent.ts'
import { rollupOf } from './query/rollup.ts'
import type { Rollup } from './query/rollup.ts'
import { decodeRollup } from './query/rollup-codec.ts'
import { restoreIds } from './ids.ts'
import { sourceAt } from './sources.ts'
import { createTraceIndex } from './trace-index.ts'
import { keyOf } from './trace-keys.ts'

const usualSpansKept = 500_000
/** Of frames of bodies, unpacked. Where their spans lie takes a few percent more. */
const frameBytesKept = 12 * 2 ** 20
const errorStatus = 2
/** A body of 256 MiB has no more, see body-frames.ts. */
const framesMax = 1_024
const framesListedMax = 1_000

export type BlockReader = {
  columns(dataId: number): Columns
  /** For one use and not remembered: they are empty afterwards. */
  useColumns(dataId: number, use: (columns: Columns) => void): void
  filter(dataId: number): Buffer
  rollup(dataId: number): Rollup
  /** As it was sent. */
  body(dataId: number): Buffer
  /** The spans of the body, found frame by frame. Ids and times are zeros there. */
  frames(dataId: number): BodyFrames
  /** Blocks that may hold spans of the trace, oldest first: the key is only a part of the id. */
  blocksOf(traceId: string): BlockRow[]
  /** As of the transaction under way. */
  directory: () => BlockDirectory
}

export function createBlockReader(db: Database.Database, spansKept = usualSpansKept): BlockReader {
  const columnsOf = db.prepare<[number], Buffer>('SELECT columns FROM block_data WHERE id = ?').pluck()
  const filterOf = db.prepare<[number], Buffer>('SELECT filter FROM block_data WHERE id = ?').pluck()
  const rollupStored = db
    .prepare<[number], Buffer>('SELECT rollup FROM block_rollups WHERE data_id = ?')
    .pluck()
  const bodyOf = db.prepare<[number], Buffer>('SELECT body FROM block_data WHERE id = ?').pluck()
  const index = createTraceIndex(db)
  const directory = createBlockDirectory(db)
  const columns = new Recent<Columns>(spansKept, ({ spanCount }) => spanCount)

  const frames = createFrameReader((dataId) => required(bodyOf.get(dataId), dataId))
  const decoded = (dataId: number): Columns => {
    const blob = required(columnsOf.get(dataId), dataId)
    const found = decodeColumns(blob)
    releaseMemory(blob)
    return found
  }
  const columnsAt = (dataId: number): Columns => columns.get(dataId, () => decoded(dataId))

  return {
    columns: columnsAt,
    useColumns(dataId, use) {
      const found = decoded(dataId)
      use(found)
      releaseColumns(found)
    },
    filter: (dataId) => required(filterOf.get(dataId), dataId),
    rollup(dataId) {
      const stored = rollupStored.get(dataId)
      return stored === undefined ? rollupOf(columnsAt(dataId)) : decodeRollup(stored)
    },
    frames,
    body(dataId) {
      const stored = required(bodyOf.get(dataId), dataId)
      const body = unpackBody(stored)
      releaseMemory(stored)
      restoreIds(body, columnsAt(dataId))
      return body
    },
    directory,
    blocksOf(traceId) {
      const rows = directory()
      const found = new Map<number, BlockRow>()
      for (const id of index.formerBlocksOf(keyOf(traceId))) {
        const row = rows.holding(id)
        if (row !== undefined) found.set(row.id, row)
      }
      return [...found.values()].sort((a, b) => a.id - b.id)
    },
  }
}

/** `frame` gives where in its list a span's frame stands. */
export type BodyFrames = {
  firstSpans: readonly number[]
  frame: (frame: number) => UnpackedFrame
  located: (frame: number) => LocatedBody
}

function createFrameReader(bodyOf: (dataId: number) => Buffer): (dataId: number) => BodyFrames {
  const unpacked = new Recent<UnpackedFrame>(frameBytesKept, ({ bytes }) => bytes.length)
  const firsts = new Recent<readonly number[]>(framesListedMax, () => 1)
  return (dataId) => {
    // The rest of a body is read only where a frame of it is not known.
    let frames: Frame[] | undefined
    const all = (): Frame[] => (frames ??= framesOf(bodyOf(dataId)))
    const frameAt = (frame: number): UnpackedFrame =>
      unpacked.get(dataId * framesMax + frame, () => {
        const found = all()[frame]
        if (found === undefined) throw new Error(`body ${dataId} has no frame ${frame}`)
        return new UnpackedFrame(unpackFrame(found))
      })
    return {
      firstSpans: firsts.get(dataId, () => all().map(({ firstSpan }) => firstSpan)),
      frame: frameAt,
      located: (frame) => frameAt(frame).located(),
    }
  }
}

function required(blob: Buffer | undefined, id: number): Buffer {
  if (blob === undefined)
    throw new Error(`row ${id} is referred to but not there: run "probespan store check"`)
  return blob
}

/** Where in the block a trace's spans lie; empty when the block does not hold the trace. */
export function spansOfTrace(columns: Columns, traceId: string): number[] {
  const id = Buffer.from(traceId, 'hex')
  let at = columns.traceIds.indexOf(id)
  while (at >= 0 && at % 16 !== 0) at = columns.traceIds.indexOf(id, at + 1)
  if (at < 0) return []
  const ordinal = at / 16
  const spans: number[] = []
  for (
    let span = columns.trace.indexOf(ordinal);
    span >= 0;
    span = columns.trace.indexOf(ordinal, span + 1)
  ) {
    spans.push(span)
  }
  return spans
}

export function traceIdAt(columns: Columns, ordinal: number): string {
  return columns.traceIds.toString('hex', ordinal * 16, ordinal * 16 + 16)
}

export function factsOf(columns: Columns, span: number): SpanFacts {
  const flags = columns.flags[span] ?? 0
  return {
    spanId: columns.spanId[span] ?? 0n,
    startUnixNano: columns.start[span] ?? 0n,
    durationNano: columns.duration[span] ?? 0n,
    root: isRoot(flags),
    error: statusOf(flags) === errorStatus,
    service: columns.services[columns.service[span] ?? 0] ?? '',
    name: columns.names[columns.name[span] ?? 0] ?? '',
    source: sourceAt(columns.source[span] ?? 0),
  }
}
