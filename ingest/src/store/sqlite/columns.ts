// The columns of a block: what searching needs of each span, so that a body is decompressed only to show its spans, and
// what the body is stored without (ids.ts). In: a chunk; out: typed arrays. columns-codec.ts stores them.
// Strings are the block's own, not of a dictionary for all blocks: names are unbounded (some senders put ids into
// them), and so a block can be dropped by itself.
import { equalBytes } from '../../byte-hash.ts'
import { headAt, headStride } from '../../otlp/span-heads.ts'
import { releaseWhole } from '../../released.ts'
import { groupStride } from './chunk.ts'
import type { Chunk } from './chunk.ts'
import { Ordinals } from './ordinals.ts'
import { scratch } from './scratch.ts'

export type Columns = {
  spanCount: number
  /** Unix nanoseconds. */
  start: BigInt64Array
  /** Nanoseconds. */
  duration: BigInt64Array
  spanId: BigUint64Array
  /** 16 bytes each; `trace` counts them. */
  traceIds: Buffer
  trace: Uint16Array
  /** How many spans before this one its parent stands; or one of `parentNone`, `parentElsewhere`. */
  parent: Int16Array
  /** 8 bytes each, in the order of the spans whose parent is elsewhere. */
  parentIds: Buffer
  service: Uint16Array
  name: Uint16Array
  source: Uint8Array
  /** See span-heads.ts. */
  flags: Uint8Array
  /** OTLP bytes of each span, 32 bits, as planes (sizeAt); empty in blocks that were written before they were kept. */
  sizes: Uint8Array
  services: string[]
  names: string[]
}

export const parentNone = 0
/** The parent is in another block, or its own. */
export const parentElsewhere = -(2 ** 15)

const columnBytesPerSpan = 38
/** Longer names are cut in lists and filters; the span itself keeps the whole. */
export const nameCharsMax = 1024

export const cutName = (name: string): string =>
  name.length > nameCharsMax ? name.slice(0, nameCharsMax) : name

/** All but ids of traces and of parents elsewhere lie in one buffer: see `releaseColumns`. */
export function emptyColumns(spanCount: number): Columns {
  const buffer = new ArrayBuffer(spanCount * columnBytesPerSpan)
  let at = 0
  const next = (bytesPerSpan: number): number => (at += spanCount * bytesPerSpan) - spanCount * bytesPerSpan
  return {
    spanCount,
    // Those of wide numbers first: they must lie at a multiple of their size.
    start: new BigInt64Array(buffer, next(8), spanCount),
    duration: new BigInt64Array(buffer, next(8), spanCount),
    spanId: new BigUint64Array(buffer, next(8), spanCount),
    trace: new Uint16Array(buffer, next(2), spanCount),
    parent: new Int16Array(buffer, next(2), spanCount),
    service: new Uint16Array(buffer, next(2), spanCount),
    name: new Uint16Array(buffer, next(2), spanCount),
    source: new Uint8Array(buffer, next(1), spanCount),
    flags: new Uint8Array(buffer, next(1), spanCount),
    sizes: new Uint8Array(buffer, next(4), spanCount * 4),
    traceIds: Buffer.alloc(0),
    parentIds: Buffer.alloc(0),
    services: [],
    names: [],
  }
}

/** For their last use: they are empty afterwards. */
export function releaseColumns({ start }: Pick<Columns, 'start'>): void {
  releaseWhole(start)
}

// A thread makes one block's columns at a time.
const traceIdBytes = 16
const traces = new Ordinals()
const names = new Ordinals()
const spans = new Ordinals()
const spansScratch = scratch((length) => new Uint16Array(length))

/** The chunk's body still has its ids. */
export function columnsOf(chunk: Chunk): Columns {
  const columns = emptyColumns(chunk.spanCount)
  const view = viewOf(chunk.body)
  traces.begin(view, chunk.spanCount)
  names.begin(view, chunk.spanCount)
  const spanIds = viewOf(columns.spanId)
  for (let span = 0, at = 0; span < chunk.spanCount; span++, at += headStride) {
    const position = chunk.heads[at + headAt.spanId] ?? 0
    spanIds.setUint32(span * 8, view.getUint32(position, true), true)
    spanIds.setUint32(span * 8 + 4, view.getUint32(position + 4, true), true)
    columns.trace[span] = traceOf(view, chunk.heads[at + headAt.traceId] ?? 0)
    columns.name[span] = names.of(chunk.heads[at + headAt.name] ?? 0, chunk.heads[at + headAt.nameBytes] ?? 0)
    columns.flags[span] = chunk.heads[at + headAt.flags] ?? 0
    setSize(columns, span, (chunk.heads[at + headAt.end] ?? 0) - (chunk.heads[at + headAt.start] ?? 0))
  }
  fillTimes(columns, chunk, view)
  fillOwners(columns, chunk)
  return {
    ...columns,
    parentIds: fillParents(columns, chunk, view),
    traceIds: idsAt(chunk.body, traces.at.subarray(0, traces.count), traceIdBytes),
    services: chunk.services.map(cutName),
    names: Array.from(names.at.subarray(0, names.count), (at, name) =>
      cutName(chunk.body.toString('utf8', at, at + (names.sizes[name] ?? 0))),
    ),
  }
}

/** Spans of one trace mostly follow each other: whether it is the last new one is asked first. */
function traceOf(view: DataView, at: number): number {
  const last = traces.count - 1
  return last >= 0 && equalBytes(view, traces.at[last] ?? 0, view, at, traceIdBytes)
    ? last
    : traces.of(at, traceIdBytes)
}

/** The ids at these positions, end to end. */
function idsAt(body: Buffer, positions: ArrayLike<number>, idBytes: number): Buffer {
  const ids = Buffer.alloc(positions.length * idBytes)
  for (let id = 0; id < positions.length; id++) {
    const at = positions[id] ?? 0
    body.copy(ids, id * idBytes, at, at + idBytes)
  }
  return ids
}

/** In halves of 32 bits: a bigint a time would cost more than all the rest. */
function fillTimes(columns: Columns, { heads, spanCount }: Chunk, view: DataView): void {
  const starts = viewOf(columns.start)
  const durations = viewOf(columns.duration)
  for (let span = 0, at = 0; span < spanCount; span++, at += headStride) {
    const startAt = heads[at + headAt.startTime] ?? 0
    const endAt = heads[at + headAt.endTime] ?? 0
    const startLow = startAt === 0 ? 0 : view.getUint32(startAt, true)
    const startHigh = startAt === 0 ? 0 : view.getUint32(startAt + 4, true)
    const endLow = endAt === 0 ? 0 : view.getUint32(endAt, true)
    const endHigh = endAt === 0 ? 0 : view.getUint32(endAt + 4, true)
    starts.setUint32(span * 8, startLow, true)
    starts.setUint32(span * 8 + 4, startHigh, true)
    durations.setUint32(span * 8, endLow - startLow, true)
    durations.setUint32(span * 8 + 4, endHigh - startHigh - (endLow < startLow ? 1 : 0), true)
  }
}

function fillOwners(columns: Columns, { groups }: Chunk): void {
  let span = 0
  for (let at = 0; at < groups.length; at += groupStride) {
    const count = groups[at + 2] ?? 0
    columns.source.fill(groups[at] ?? 0, span, span + count)
    columns.service.fill(groups[at + 1] ?? 0, span, span + count)
    span += count
  }
}

/** Gives the ids of the parents that are elsewhere. */
function fillParents(columns: Columns, { body, heads, spanCount }: Chunk, view: DataView): Buffer {
  spans.begin(view, spanCount)
  const spanOf = spansScratch(spanCount)
  for (let span = 0; span < spanCount; span++) {
    spanOf[spans.of(heads[span * headStride + headAt.spanId] ?? 0, 8)] = span
  }
  const elsewhere: number[] = []
  for (let span = 0; span < spanCount; span++) {
    const at = heads[span * headStride + headAt.parentId] ?? 0
    if (at === 0) continue
    const known = spans.find(at, 8)
    const distance = known < 0 ? 0 : span - (spanOf[known] ?? 0)
    columns.parent[span] = distance === 0 ? parentElsewhere : distance
    if (distance === 0) elsewhere.push(at)
  }
  return idsAt(body, elsewhere, 8)
}

function setSize({ sizes, spanCount }: Columns, span: number, bytes: number): void {
  sizes[span] = bytes
  sizes[span + spanCount] = bytes >>> 8
  sizes[span + 2 * spanCount] = bytes >>> 16
  sizes[span + 3 * spanCount] = bytes >>> 24
}

/** Undefined in a block of before. */
export function sizeAt({ sizes, spanCount }: Columns, span: number): number | undefined {
  const low = sizes[span]
  if (low === undefined) return undefined
  const [second = 0, third = 0, high = 0] = [1, 2, 3].map((plane) => sizes[span + plane * spanCount])
  return low + second * 2 ** 8 + third * 2 ** 16 + high * 2 ** 24
}

export const viewOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): DataView =>
  new DataView(buffer, byteOffset, byteLength)
