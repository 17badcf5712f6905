// Who has how much of a block, as a row stores it: 16 bytes a sender's service: u32 service id (table `services`),
// source, spans, bytes of OTLP; little-endian. Pure.

export type StoredShare = { serviceId: number; source: number; spans: number; bytes: number }

const shareBytes = 16

export function encodeShares(shares: readonly StoredShare[]): Buffer {
  const blob = Buffer.alloc(shares.length * shareBytes)
  for (const [index, { serviceId, source, spans, bytes }] of shares.entries()) {
    const at = index * shareBytes
    blob.writeUInt32LE(serviceId, at)
    blob.writeUInt32LE(source, at + 4)
    blob.writeUInt32LE(spans, at + 8)
    blob.writeUInt32LE(bytes, at + 12)
  }
  return blob
}

export function decodeShares(blob: Buffer): StoredShare[] {
  return Array.from({ length: blob.length / shareBytes }, (_, index) => {
    const at = index * shareBytes
    return {
      serviceId: blob.readUInt32LE(at),
      source: blob.readUInt32LE(at + 4),
      spans: blob.readUInt32LE(at + 8),
      bytes: blob.readUInt32LE(at + 12),
    }
  })
}

export function holdsService(blob: Buffer, serviceId: number): boolean {
  for (let at = 0; at < blob.length; at += shareBytes) if (blob.readUInt32LE(at) === serviceId) return true
  return false
}
