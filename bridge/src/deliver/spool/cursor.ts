// How far a spool's oldest segment is settled, in the file `cursor`, so that a bridge that starts again sends nothing
// twice that was answered. One small write over the same place: a process that is killed leaves the old or the new.
// Segment u48 | offset u48 | CRC-32 u32, little-endian.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { errorCode } from '../error-code.ts'

const cursorBytes = 16

export type CursorPlace = { segment: number; offset: number }

/** Undefined where there is none, or none that is whole: then the oldest segment counts from its beginning. */
export function readCursor(path: string): CursorPlace | undefined {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  if (bytes.length !== cursorBytes || bytes.readUInt32LE(12) !== crc32(bytes.subarray(0, 12)))
    return undefined
  return { segment: bytes.readUIntLE(0, 6), offset: bytes.readUIntLE(6, 6) }
}

export class Cursor {
  private readonly descriptor: number

  constructor(path: string) {
    // Made, not truncated: what it says holds until the first write.
    closeSync(openSync(path, 'a', 0o600))
    this.descriptor = openSync(path, 'r+')
  }

  write({ segment, offset }: CursorPlace): void {
    const bytes = Buffer.alloc(cursorBytes)
    bytes.writeUIntLE(segment, 0, 6)
    bytes.writeUIntLE(offset, 6, 6)
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 12)), 12)
    writeSync(this.descriptor, bytes, 0, cursorBytes, 0)
  }

  close(): void {
    closeSync(this.descriptor)
  }
}
