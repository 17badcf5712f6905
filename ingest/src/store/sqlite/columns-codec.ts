// Columns to one zstd blob and back. Little-endian, fixed order, at most 32,767 spans.
// Layout: u32 version, spans, traces, parents elsewhere, bytes of the strings; u64 span ids; 16 bytes a trace; 8 bytes
// a parent elsewhere; starts and durations (i64) as planes, all lowest bytes first; u16 trace, i16 parent, u16 service,
// u16 name, u8 source, u8 flags per span; JSON [services, names]; sizes as planes (not in blocks written before).
// Planes put the bytes together that change and those that do not: 3 bytes a span less.
import { releaseMemory, releaseWhole } from '../../released.ts'
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
    toPlanes(part, new Uint8Array(bytes.buffer, at, part.byteLength))
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
  for (const times of [columns.start, columns.duration]) fromPlanes(plainOf(take(times.byteLength)), times)
  for (const column of [columns.trace, columns.parent, columns.service, columns.name]) fill(column)
  for (const column of [columns.source, columns.flags]) fill(column)
  const [services, names] = stringLists(JSON.parse(take(stringsBytes).toString('utf8')))
  const sizes = at === bytes.length ? noSizes : columns.sizes
  if (sizes !== noSizes) fill(sizes)
  releaseWhole(bytes)
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

/** The lowest bytes of all first, then the next ones. */
function toPlanes(values: BigInt64Array, into: Uint8Array): void {
  const halves = halvesOf(values)
  for (let value = 0; value < values.length; value++) {
    putBytes(into, value, values.length, halves[value * 2] ?? 0)
    putBytes(into, value + 4 * values.length, values.length, halves[value * 2 + 1] ?? 0)
  }
}

/** Four of them, `step` apart. */
function putBytes(into: Uint8Array, at: number, step: number, half: number): void {
  into[at] = half
  into[at + step] = half >>> 8
  into[at + 2 * step] = half >>> 16
  into[at + 3 * step] = half >>> 24
}

function fromPlanes(planes: Uint8Array, into: BigInt64Array): void {
  const halves = halvesOf(into)
  for (let value = 0; value < into.length; value++) {
    halves[value * 2] = bytesAt(planes, value, into.length)
    halves[value * 2 + 1] = bytesAt(planes, value + 4 * into.length, into.length)
  }
}

function bytesAt(planes: Uint8Array, at: number, step: number): number {
  const low = (planes[at] ?? 0) | ((planes[at + step] ?? 0) << 8)
  return low | ((planes[at + 2 * step] ?? 0) << 16) | ((planes[at + 3 * step] ?? 0) << 24)
}

const halvesOf = ({ buffer, byteOffset, length }: BigInt64Array): Uint32Array =>
  new Uint32Array(buffer, byteOffset, length * 2)

/** No Buffer: of one kind of array V8 makes faster code. */
const plainOf = ({ buffer, byteOffset, byteLength }: Buffer): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
