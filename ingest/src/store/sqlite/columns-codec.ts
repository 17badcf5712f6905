// Columns to one zstd blob and back. Little-endian, fixed order, at most 32,767 spans.
// Layout: u32 version, spans, traces, parents elsewhere, bytes of the strings; u64 span ids; 16 bytes a trace; 8 bytes
// a parent elsewhere; starts and durations (i64) as planes, all lowest bytes first; u16 trace, i16 parent, u16 service,
// u16 name, u8 source, u8 flags per span; JSON [services, names]; sizes as planes (not in blocks written before).
// Planes put the bytes together that change and those that do not: 3 bytes a span less.
import { releaseMemory } from '../../released.ts'
import type { Columns } from './columns.ts'
import { emptyColumns } from './columns.ts'
import { zstdPacked, zstdUnpacked } from './zstd.ts'

const version = 2
const headerBytes = 20
const columnsBytesMax = 256 * 2 ** 20
// Ids do not get smaller.
const usualRatio = 4

export function encodeColumns(columns: Columns): Buffer {
  const strings = Buffer.from(JSON.stringify([columns.services, columns.names]))
  const [traces, parents] = [columns.traceIds.length / 16, columns.parentIds.length / 8]
  const header = new Uint32Array([version, columns.spanCount, traces, parents, strings.length])
  const before = [header, columns.spanId, columns.traceIds, columns.parentIds]
  const times = [columns.start, columns.duration]
  const { trace, parent, service, name, source, flags, sizes } = columns
  const behind = [trace, parent, service, name, source, flags, strings, sizes]
  const total = [...before, ...times, ...behind].reduce((sum, { byteLength }) => sum + byteLength, 0)
  const bytes = Buffer.allocUnsafeSlow(total)
  let at = 0
  const put = (part: Uint8Array): void => {
    bytes.set(part, at)
    at += part.length
  }
  for (const part of before) put(bytesOf(part))
  for (const part of times) {
    toPlanes(bytesOf(part), bytes, at)
    at += part.byteLength
  }
  for (const part of behind) put(bytesOf(part))
  const packed = zstdPacked(bytes)
  releaseMemory(bytes)
  return packed
}

export function decodeColumns(blob: Buffer): Columns {
  const bytes = zstdUnpacked(blob, columnsBytesMax, blob.length * usualRatio)
  const [found, spanCount = 0, traces = 0, parents = 0, stringsBytes = 0] = [0, 4, 8, 12, 16].map((at) =>
    bytes.readUInt32LE(at),
  )
  if (found !== version) throw new Error(`block columns of version ${found}, this program reads ${version}`)
  const columns = emptyColumns(spanCount)
  let at = headerBytes
  const take = (size: number): Buffer => {
    at += size
    return bytes.subarray(at - size, at)
  }
  const fill = (column: ArrayBufferView): void => bytesOf(column).set(take(column.byteLength))
  fill(columns.spanId)
  const traceIds = Buffer.from(take(traces * 16))
  const parentIds = Buffer.from(take(parents * 8))
  for (const times of [columns.start, columns.duration]) fromPlanes(take(times.byteLength), bytesOf(times))
  for (const column of [columns.trace, columns.parent, columns.service, columns.name]) fill(column)
  for (const column of [columns.source, columns.flags]) fill(column)
  const [services, names] = stringLists(JSON.parse(take(stringsBytes).toString('utf8')))
  const sizes = at === bytes.length ? noSizes : columns.sizes
  if (sizes !== noSizes) fill(sizes)
  releaseMemory(new Uint8Array(bytes.buffer))
  return { ...columns, traceIds, parentIds, services, names, sizes }
}

/** Of a block that was written before there were sizes. */
const noSizes = new Uint8Array(0)

/** By hand: zod would be 10 MB in each thread. */
function stringLists(value: unknown): [services: string[], names: string[]] {
  const [services, names]: unknown[] = Array.isArray(value) ? value : []
  if (areStrings(services) && areStrings(names)) return [services, names]
  throw new Error('block columns whose strings are none: run "probespan store check"')
}

function areStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function toPlanes(bytes: Uint8Array, into: Uint8Array, at: number): void {
  let to = at
  for (let plane = 0; plane < 8; plane++) {
    for (let from = plane; from < bytes.length; from += 8) into[to++] = bytes[from] ?? 0
  }
}

function fromPlanes(planes: Uint8Array, bytes: Uint8Array): void {
  for (let plane = 0, from = 0; plane < 8; plane++) {
    for (let to = plane; to < bytes.length; to += 8) bytes[to] = planes[from++] ?? 0
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
