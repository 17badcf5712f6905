// A block's body as it is stored: OTLP bytes in zstd frames of some 1,000 spans behind a directory, so that one trace
// decompresses an eighth of a block. Each frame is whole resources, an OTLP body of its own. Pure.
// Layout: u32 magic, u32 frames; a frame u32 spans, u32 bytes unpacked, u32 bytes packed; the frames. Little-endian. A body
// of one frame is that zstd frame alone, as all bodies were up to version 3 of the database.
import { headAt, headStride } from '../../otlp/span-heads.ts'
import type { SpanHeads } from '../../otlp/span-heads.ts'
import { WireReader } from '../../otlp/wire-reader.ts'
import { releaseMemory, releaseWhole } from '../../released.ts'
import { zstdPacked, zstdUnpacked } from './zstd.ts'

const magic = 0x31_46_53_50
const headBytes = 8
const entryBytes = 12
// Smaller frames compress worse: 800 spans cost 3 bytes a span more than 8,000.
const frameSpans = 1_000
const frameBytes = 2 ** 20
// Bodies without ids take a sixteenth.
const usualRatio = 20
// A block is one request at the most, and a request is 64 MiB at the most; resources are repeated where it was cut.
const bodyBytesMax = 256 * 2 ** 20

export type FrameCut = { start: number; end: number; spans: number }

export function packBody(body: Buffer, cuts: readonly FrameCut[]): Buffer {
  const frames = cuts.map(({ start, end }) => zstdPacked(body.subarray(start, end)))
  const [only] = frames
  if (only !== undefined && frames.length === 1) return only
  const directory = new Uint32Array(2 + cuts.length * 3)
  directory.set([magic, cuts.length])
  for (const [index, { start, end, spans }] of cuts.entries()) {
    directory.set([spans, end - start, frames[index]?.length ?? 0], 2 + index * 3)
  }
  const packed = Buffer.concat([Buffer.from(directory.buffer), ...frames])
  for (const frame of frames) releaseMemory(frame)
  return packed
}

/** Between resources, where a frame has enough. */
export function cutsOf(body: Buffer, heads: SpanHeads, spanCount: number): FrameCut[] {
  const reader = new WireReader(body)
  reader.enter(0, body.length)
  const cuts: FrameCut[] = []
  let [start, first, span] = [0, 0, 0]
  while (reader.pos < body.length) {
    reader.skipField(reader.varint())
    while (span < spanCount && (heads[span * headStride + headAt.start] ?? 0) < reader.pos) span++
    const isFull = span - first >= frameSpans || reader.pos - start >= frameBytes
    if (!isFull && reader.pos < body.length) continue
    cuts.push({ start, end: reader.pos, spans: span - first })
    ;[start, first] = [reader.pos, span]
  }
  return cuts.length === 0 ? [{ start: 0, end: 0, spans: 0 }] : cuts
}

export type Frame = {
  /** The number of the first span in it. */
  firstSpan: number
  packed: Buffer
  /** Unpacked; of a body of one frame a guess. */
  bytes: number
}

/** In order; one for bodies that have no directory. */
export function framesOf(stored: Buffer): Frame[] {
  if (stored.length < headBytes || stored.readUInt32LE(0) !== magic) {
    return [{ firstSpan: 0, packed: stored, bytes: Math.min(frameBytes, stored.length * usualRatio) }]
  }
  const count = stored.readUInt32LE(4)
  const frames: Frame[] = []
  let [at, firstSpan] = [headBytes + count * entryBytes, 0]
  for (let entry = headBytes; entry < headBytes + count * entryBytes; entry += entryBytes) {
    const [spans, bytes, packedBytes] = [0, 4, 8].map((field) => stored.readUInt32LE(entry + field))
    frames.push({ firstSpan, packed: stored.subarray(at, at + (packedBytes ?? 0)), bytes: bytes ?? 0 })
    firstSpan += spans ?? 0
    at += packedBytes ?? 0
  }
  return frames
}

export function unpackFrame({ packed, bytes }: Frame): Buffer {
  return zstdUnpacked(packed, bodyBytesMax, bytes)
}

/** Nothing else lies in its memory. */
export function unpackBody(stored: Buffer): Buffer {
  const frames = framesOf(stored).map(unpackFrame)
  const [only] = frames
  if (only !== undefined && frames.length === 1) return only
  const body = Buffer.allocUnsafeSlow(frames.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const frame of frames) {
    at += frame.copy(body, at)
    releaseWhole(frame)
  }
  return body
}
