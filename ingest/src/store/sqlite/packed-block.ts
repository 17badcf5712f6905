// A chunk to a block ready to insert: columns, filter, compressed body, keys for the trace index. Pure, but for that it
// blanks the chunk's own body.
import { releaseMemory } from '../../released.ts'
import { headAt, headStride, kindOf, statusOf } from '../../otlp/span-heads.ts'
import { WireReader } from '../../otlp/wire-reader.ts'
import { AttributeFilter } from './attribute-filter.ts'
import { attributeHash, hashesOfValue, listHashes } from './attribute-hash.ts'
import { eachAttribute, ofResource, ofSpan } from './attributes.ts'
import { callerMark, tellsCaller } from './caller-mark.ts'
import { groupStride } from './chunk.ts'
import type { Chunk } from './chunk.ts'
import { columnsOf, cutName } from './columns.ts'
import type { Columns } from './columns.ts'
import { encodeColumns } from './columns-codec.ts'
import { cutsOf, packBody } from './body-frames.ts'
import type { FrameCut } from './body-frames.ts'
import { blankIds } from './ids.ts'
import { rollupOf } from './query/rollup.ts'
import { encodeRollup } from './query/rollup-codec.ts'
import { sortedKeys } from './trace-keys.ts'

/** What of a block one sender's service has: retention counts by it. Bytes are of OTLP, before compression. */
export type Share = { source: number; service: string; spans: number; bytes: number }

export type PackedBlock = {
  spanCount: number
  /** Of the body before compression. */
  bodyBytes: number
  /** Of the spans' starts. */
  startMin: bigint
  startMax: bigint
  durationMax: bigint
  /** Bit n: some span has the n-th source, status, kind. */
  sources: number
  statuses: number
  kinds: number
  shares: Share[]
  filter: Buffer
  columns: Buffer
  body: Buffer
  /** Undefined where spans have too little in common for it. */
  rollup: Buffer | undefined
  /** Of the traces, ascending, each once. */
  traceKeys: BigInt64Array<ArrayBuffer>
}

const spansPerGroupMin = 4
/** Of small blocks each span may be a group. */
const spansAlways = 1_024

/** The span's name, as the filter holds it: no attribute has an empty key. */
export const nameKey = ''

export function packChunk(chunk: Chunk): PackedBlock {
  const columns = columnsOf(chunk)
  const body = chunk.body.subarray(0, chunk.bodyBytes)
  const cuts = cutsOf(body, chunk.heads, chunk.spanCount)
  const filter = filterOf(chunk, cuts, columns.names)
  blankIds(chunk)
  const packed: PackedBlock = {
    spanCount: chunk.spanCount,
    bodyBytes: chunk.bodyBytes,
    ...boundsOf(columns),
    shares: sharesOf(chunk),
    filter,
    columns: encodeColumns(columns),
    body: packBody(body, cuts),
    rollup: rollupBlob(columns),
    traceKeys: sortedKeys(columns.traceIds),
  }
  releaseMemory(new Uint8Array(columns.start.buffer))
  return packed
}

/** A sender that puts ids into names makes a group of each span: then the columns are smaller. */
function rollupBlob(columns: Columns): Buffer | undefined {
  const rollup = rollupOf(columns)
  return rollup.count.length * spansPerGroupMin <= Math.max(columns.spanCount, spansAlways)
    ? encodeRollup(rollup)
    : undefined
}

function boundsOf({ start, duration, source, flags }: Columns) {
  let [sources, statuses, kinds] = [0, 0, 0]
  for (const number of source) sources |= 1 << number
  for (const found of flags) {
    statuses |= 1 << statusOf(found)
    kinds |= 1 << kindOf(found)
  }
  const [startMin, startMax] = extremesOf(start)
  return { startMin, startMax, durationMax: extremesOf(duration)[1], sources, statuses, kinds }
}

/** The least and the greatest, compared in halves: a bigint a value would cost more than all the rest. */
function extremesOf(values: BigInt64Array): [min: bigint, max: bigint] {
  const highs = new Int32Array(values.buffer, values.byteOffset, values.length * 2)
  const lows = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  let [min, max] = [0, 0]
  for (let at = 2; at < lows.length; at += 2) {
    if (isBelow(highs, lows, at, min)) min = at
    else if (isBelow(highs, lows, max, at)) max = at
  }
  return [values[min / 2] ?? 0n, values[max / 2] ?? 0n]
}

function isBelow(highs: Int32Array, lows: Uint32Array, one: number, other: number): boolean {
  const high = highs[one + 1] ?? 0
  const otherHigh = highs[other + 1] ?? 0
  return high === otherHigh ? (lows[one] ?? 0) < (lows[other] ?? 0) : high < otherHigh
}

function filterOf(
  { body, heads, spanCount, groups }: Chunk,
  cuts: readonly FrameCut[],
  names: readonly string[],
): Buffer {
  const filter = new AttributeFilter(spanCount)
  const reader = new WireReader(body)
  let frame = 0
  const add = (start: number, end: number): void => {
    const hash = attributeHash(reader, start, end)
    if (hash !== undefined) filter.add(hash, frame)
    else for (const item of listHashes(reader, start, end)) filter.add(item, frame)
  }
  const addOfSpan = (start: number, end: number): void => {
    add(start, end)
    if (tellsCaller(reader, start, end)) filter.add(callerMark, frame)
  }
  let at = 0
  for (const { spans } of cuts) {
    for (const end = at + spans * headStride; at < end; at += headStride) {
      eachAttribute(reader, heads[at + headAt.start] ?? 0, heads[at + headAt.end] ?? 0, ofSpan, addOfSpan)
    }
    frame++
  }
  const resources = new Set<number>()
  for (let at = 0; at < groups.length; at += groupStride) {
    const start = groups[at + 3] ?? 0
    if (resources.has(start)) continue
    resources.add(start)
    frame = cuts.findIndex((cut) => start < cut.end)
    eachAttribute(reader, start, groups[at + 4] ?? 0, ofResource, add)
  }
  // Which spans have a name, columns tell.
  for (const value of names) {
    for (const hash of hashesOfValue(nameKey, { type: 'string', value }) ?? []) filter.add(hash, 0)
  }
  return filter.toBytes()
}

function sharesOf({ heads, groups, services }: Chunk): Share[] {
  const shares = new Map<number, Share>()
  let at = 0
  for (let group = 0; group < groups.length; group += groupStride) {
    const [source = 0, service = 0, spans = 0] = groups.subarray(group, group + 3)
    if (spans === 0) continue
    const key = service * 256 + source
    const share = shares.get(key) ?? { source, service: cutName(services[service] ?? ''), spans: 0, bytes: 0 }
    shares.set(key, share)
    share.spans += spans
    for (const end = at + spans * headStride; at < end; at += headStride) {
      share.bytes += (heads[at + headAt.end] ?? 0) - (heads[at + headAt.start] ?? 0)
    }
  }
  return [...shares.values()]
}
