// The columns of a block: what searching needs of each span, so that a body is decompressed only to show its spans.
// In: the batches of a block; out: one zstd blob, and back. Little-endian, fixed order, at most 65,535 spans.
// Layout: u32 version, spans, traces, bytes of the strings; i64 start, i64 duration, u64 span id per span; 16 bytes
// per trace; u16 trace, service, name per span; u8 source, u8 flags per span; JSON [services, names].
// Strings are the block's own, not of a dictionary for all blocks: names are unbounded (some senders put ids into
// them), and so a block can be dropped by itself.
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { z } from 'zod'
import type { TraceSource } from '../../wire.ts'
import type { Batch } from '../store.ts'

export type Columns = {
  spanCount: number
  start: BigInt64Array
  duration: BigInt64Array
  spanId: BigUint64Array
  /** 16 bytes each; `trace` counts them. */
  traceIds: Buffer
  trace: Uint16Array
  service: Uint16Array
  name: Uint16Array
  source: Uint8Array
  flags: Uint8Array
  services: string[]
  names: string[]
}

const version = 1
const stringLists = z.tuple([z.array(z.string()), z.array(z.string())])
const headerBytes = 16
/** Bytes a column of one span takes in memory. */
export const columnBytesPerSpan = 32
const columnsBytesMax = 256 * 2 ** 20
/** Longer names are cut in lists and filters; the span itself keeps the whole. */
export const nameCharsMax = 1024

// Stored: positions must stay what they are, a new source goes to the end.
const sources: readonly TraceSource[] = ['beyla', 'bpftrace', 'http', 'scheduler', 'otlp']

export const sourceNumber = (source: TraceSource): number => sources.indexOf(source)
export const sourceAt = (number: number): TraceSource => sources[number] ?? 'otlp'
export const sourceMask = (wanted: readonly TraceSource[]): number =>
  wanted.reduce((mask, source) => mask | (1 << sourceNumber(source)), 0)

/** flags: bit 0 root, bits 1–3 kind, bits 4–5 status. */
export const isRoot = (flags: number): boolean => (flags & 1) === 1
export const statusOf = (flags: number): number => (flags >> 4) & 3

class Ordinals {
  readonly values: string[] = []
  readonly #ordinals = new Map<string, number>()
  of(value: string): number {
    let ordinal = this.#ordinals.get(value)
    if (ordinal === undefined) {
      ordinal = this.values.push(value) - 1
      this.#ordinals.set(value, ordinal)
    }
    return ordinal
  }
}

export const cutName = (name: string): string =>
  name.length > nameCharsMax ? name.slice(0, nameCharsMax) : name

export function columnsOf(batches: readonly Batch[]): Columns {
  const spanCount = batches.reduce((sum, batch) => sum + batch.spanCount, 0)
  const columns = emptyColumns(spanCount)
  const [traces, services, names] = [new Ordinals(), new Ordinals(), new Ordinals()]
  const idBytes = Buffer.from(columns.spanId.buffer)
  let at = 0
  for (const group of batches.flatMap((batch) => batch.groups)) {
    const service = services.of(cutName(group.service))
    const source = sourceNumber(group.source)
    for (const span of group.spans) {
      columns.start[at] = span.startUnixNano
      columns.duration[at] = span.durationNano
      idBytes.write(span.spanId, at * 8, 'hex')
      columns.trace[at] = traces.of(span.traceId)
      columns.service[at] = service
      columns.name[at] = names.of(cutName(span.name))
      columns.source[at] = source
      columns.flags[at] = (span.root ? 1 : 0) | (span.kind << 1) | (span.status << 4)
      at++
    }
  }
  return {
    ...columns,
    traceIds: Buffer.from(traces.values.join(''), 'hex'),
    services: services.values,
    names: names.values,
  }
}

function emptyColumns(spanCount: number): Columns {
  return {
    spanCount,
    start: new BigInt64Array(spanCount),
    duration: new BigInt64Array(spanCount),
    spanId: new BigUint64Array(spanCount),
    traceIds: Buffer.alloc(0),
    trace: new Uint16Array(spanCount),
    service: new Uint16Array(spanCount),
    name: new Uint16Array(spanCount),
    source: new Uint8Array(spanCount),
    flags: new Uint8Array(spanCount),
    services: [],
    names: [],
  }
}

export function encodeColumns(columns: Columns): Buffer {
  const strings = Buffer.from(JSON.stringify([columns.services, columns.names]))
  const header = new Uint32Array([version, columns.spanCount, columns.traceIds.length / 16, strings.length])
  const parts = [
    header,
    columns.start,
    columns.duration,
    columns.spanId,
    columns.traceIds,
    columns.trace,
    columns.service,
    columns.name,
    columns.source,
    columns.flags,
    strings,
  ]
  const bytes = parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength))
  return zstdCompressSync(Buffer.concat(bytes))
}

export function decodeColumns(blob: Buffer): Columns {
  const plain = zstdDecompressSync(blob, { maxOutputLength: columnsBytesMax })
  // A copy of its own: typed arrays need offsets that are multiples of their element's size.
  const buffer = new Uint8Array(plain).buffer
  const [found, spanCount = 0, traceCount = 0, stringsBytes = 0] = new Uint32Array(buffer, 0, 4)
  if (found !== version) throw new Error(`block columns of version ${found}, this program reads ${version}`)
  let at = headerBytes
  const take = (bytes: number): number => {
    at += bytes
    return at - bytes
  }
  const columns = {
    spanCount,
    start: new BigInt64Array(buffer, take(spanCount * 8), spanCount),
    duration: new BigInt64Array(buffer, take(spanCount * 8), spanCount),
    spanId: new BigUint64Array(buffer, take(spanCount * 8), spanCount),
    traceIds: Buffer.from(buffer, take(traceCount * 16), traceCount * 16),
    trace: new Uint16Array(buffer, take(spanCount * 2), spanCount),
    service: new Uint16Array(buffer, take(spanCount * 2), spanCount),
    name: new Uint16Array(buffer, take(spanCount * 2), spanCount),
    source: new Uint8Array(buffer, take(spanCount), spanCount),
    flags: new Uint8Array(buffer, take(spanCount), spanCount),
  }
  const strings = Buffer.from(buffer, take(stringsBytes), stringsBytes).toString('utf8')
  const [services, names] = stringLists.parse(JSON.parse(strings))
  return { ...columns, services, names }
}
