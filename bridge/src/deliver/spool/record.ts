// A batch as a record of a spool's segment, and back. Little-endian:
//   magic u32 | payload bytes u32 | spans u32 | CRC-32 of the two numbers and the payload u32 | payload
// A record that was cut, or whose bytes have changed, is told from a whole one.
import { readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { EncodedBatch } from '../encoded-batch.ts'

const magic = 0x31_50_53_50
const headerBytes = 16
/** Guards against a length that was never written by us. */
const payloadBytesMax = 64 * 1024 * 1024

export type RecordRead =
  | { kind: 'whole'; batch: EncodedBatch; recordBytes: number }
  /** Its length can be trusted, its content cannot: what follows it may be whole. */
  | { kind: 'damaged'; recordBytes: number }
  /** Nothing behind this place can be read. */
  | { kind: 'torn' }
  | { kind: 'end' }

export function encodeRecord({ bytes, spanCount }: EncodedBatch): Buffer {
  const record = Buffer.allocUnsafe(headerBytes + bytes.length)
  record.writeUInt32LE(magic, 0)
  record.writeUInt32LE(bytes.length, 4)
  record.writeUInt32LE(spanCount, 8)
  bytes.copy(record, headerBytes)
  record.writeUInt32LE(checksum(record, bytes), 12)
  return record
}

/** The record at `offset` of an open file of `fileBytes`. */
export function readRecord(descriptor: number, offset: number, fileBytes: number): RecordRead {
  if (offset >= fileBytes) return { kind: 'end' }
  const header = Buffer.alloc(headerBytes)
  if (readSync(descriptor, header, 0, headerBytes, offset) < headerBytes) return { kind: 'torn' }
  const payloadBytes = header.readUInt32LE(4)
  const recordBytes = headerBytes + payloadBytes
  const isHeader = header.readUInt32LE(0) === magic && payloadBytes <= payloadBytesMax
  if (!isHeader || offset + recordBytes > fileBytes) return { kind: 'torn' }
  const bytes = Buffer.allocUnsafe(payloadBytes)
  const isRead = readSync(descriptor, bytes, 0, payloadBytes, offset + headerBytes) === payloadBytes
  if (!isRead || header.readUInt32LE(12) !== checksum(header, bytes)) return { kind: 'damaged', recordBytes }
  return { kind: 'whole', batch: { bytes, spanCount: header.readUInt32LE(8) }, recordBytes }
}

const checksum = (header: Buffer, payload: Buffer): number => crc32(payload, crc32(header.subarray(4, 12)))
