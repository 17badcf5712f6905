// A chunk to a block ready to insert: columns, filter, compressed body, keys for the trace index. Pure, but for that it
// blanks the chunk's own body.
import { headAt, headStride, kindOf, statusOf } from '../../otlp/span-heads.ts'
import { filterOf } from './block-filter.ts'
import { groupStride } from './chunk.ts'
import type { Chunk } from './chunk.ts'
import { columnsOf, cutName, releaseColumns } from './columns.ts'
import type { Columns } from './columns.ts'
import { encodeColumns } from './columns-codec.ts'
import { cutsOf, packBody } from './body-frames.ts'
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
  releaseColumns(columns)
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
