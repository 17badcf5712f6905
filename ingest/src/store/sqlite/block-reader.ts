// Reads blocks by id on a read-only connection, within a transaction of the caller's. What is remembered cannot go
// stale: rows of block_data and trace_pages never change. Columns are kept decoded, newest use last, up to
// `spansKept` spans (34 bytes each and their strings).
import type Database from 'better-sqlite3'
import { isRoot, statusOf } from '../../otlp/span-heads.ts'
import type { SpanFacts } from '../summary.ts'
import { framesOf, unpackBody, unpackFrame } from './body-frames.ts'
import { decodeColumns } from './columns-codec.ts'
import type { Columns } from './columns.ts'
import type { Frame } from './body-frames.ts'
import { locateBody } from './query/located-body.ts'
import type { LocatedBody } from './query/located-body.ts'
import { Recent } from './recent.ts'
import { rollupOf } from './query/rollup.ts'
import type { Rollup } from './query/rollup.ts'
import { restoreIds } from './ids.ts'
import { sourceAt } from './sources.ts'
import { keyOf, offsetsOf } from './trace-keys.ts'

const usualSpansKept = 500_000
const cachedPageBytesMax = 16 * 2 ** 20
/** Of frames of bodies, unpacked, with where their spans lie. */
const frameBytesKept = 12 * 2 ** 20
const errorStatus = 2
/** A body of 256 MiB has no more, see body-frames.ts. */
const framesMax = 1_024
const framesListedMax = 1_000

/** Where a block's data lies; a block that is merged or rewritten gets another. */
export type BlockPlace = { id: number; dataId: number }

export type BlockReader = {
  columns(dataId: number): Columns
  filter(dataId: number): Buffer
  rollup(dataId: number): Rollup
  /** As it was sent. */
  body(dataId: number): Buffer
  /** The spans of the body, found frame by frame. Ids and times are zeros there. */
  frames(dataId: number): BodyFrames
  /** Blocks that may hold spans of the trace, oldest first: the key is only a part of the id. */
  blocksOf(traceId: string): BlockPlace[]
}

type PageOfRun = { blockMin: number; pageId: number }

export function createBlockReader(db: Database.Database, spansKept = usualSpansKept): BlockReader {
  const columnsOf = db.prepare<[number], Buffer>('SELECT columns FROM block_data WHERE id = ?').pluck()
  const filterOf = db.prepare<[number], Buffer>('SELECT filter FROM block_data WHERE id = ?').pluck()
  const bodyOf = db.prepare<[number], Buffer>('SELECT body FROM block_data WHERE id = ?').pluck()
  const pagesFor = db.prepare<[bigint], PageOfRun>(
    `SELECT block_min AS blockMin, (
       SELECT id FROM trace_pages WHERE run_id = trace_runs.id AND key_min <= ? ORDER BY key_min DESC LIMIT 1
     ) AS pageId
     FROM trace_runs WHERE level >= 0 AND pageId IS NOT NULL`,
  )
  const pageOf = db.prepare<[number], Buffer>('SELECT entries FROM trace_pages WHERE id = ?').pluck()
  const blockOfFormer = db.prepare<[number, number], BlockPlace>(
    `SELECT id, dataId FROM (
       SELECT id, data_id AS dataId, first_id FROM blocks WHERE id >= ? ORDER BY id LIMIT 1
     ) WHERE first_id <= ?`,
  )
  const columns = new Recent<Columns>(spansKept, ({ spanCount }) => spanCount)
  const pages = new Recent<Buffer>(cachedPageBytesMax, ({ length }) => length)

  const frames = createFrameReader((dataId) => required(bodyOf.get(dataId), dataId))
  const columnsAt = (dataId: number): Columns =>
    columns.get(dataId, () => decodeColumns(required(columnsOf.get(dataId), dataId)))

  return {
    columns: columnsAt,
    filter: (dataId) => required(filterOf.get(dataId), dataId),
    rollup: (dataId) => rollupOf(columnsAt(dataId)),
    frames,
    body(dataId) {
      const body = unpackBody(required(bodyOf.get(dataId), dataId))
      restoreIds(body, columnsAt(dataId))
      return body
    },
    blocksOf(traceId) {
      const key = keyOf(traceId)
      const found = new Map<number, BlockPlace>()
      for (const { blockMin, pageId } of pagesFor.all(key)) {
        const page = pages.get(pageId, () => required(pageOf.get(pageId), pageId))
        for (const offset of offsetsOf(page, key)) {
          const block = blockOfFormer.get(blockMin + offset, blockMin + offset)
          if (block !== undefined) found.set(block.id, block)
        }
      }
      return [...found.values()].sort((a, b) => a.id - b.id)
    },
  }
}

/** `frame` gives where in its list a span's frame stands. */
export type BodyFrames = { firstSpans: readonly number[]; located: (frame: number) => LocatedBody }

function createFrameReader(bodyOf: (dataId: number) => Buffer): (dataId: number) => BodyFrames {
  const located = new Recent<LocatedBody>(frameBytesKept, ({ reader, spans }) => reader.bytes.length + spans.byteLength * 2)
  const firsts = new Recent<readonly number[]>(framesListedMax, () => 1)
  return (dataId) => {
    // The rest of a body is read only where a frame of it is not known.
    let frames: Frame[] | undefined
    const all = (): Frame[] => (frames ??= framesOf(bodyOf(dataId)))
    return {
      firstSpans: firsts.get(dataId, () => all().map(({ firstSpan }) => firstSpan)),
      located: (frame) =>
        located.get(dataId * framesMax + frame, () => {
          const found = all()[frame]
          if (found === undefined) throw new Error(`body ${dataId} has no frame ${frame}`)
          return locateBody(unpackFrame(found))
        }),
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
