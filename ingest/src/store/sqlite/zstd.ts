// zstd as blocks are packed and unpacked with it: in one pass, which takes a fifth less time, and for which it needs room
// for the worst case.
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { releaseWhole } from '../../released.ts'

// Level 1: level 3 is hardly smaller without the ids, and takes half as long again. A window of 256 KiB stays in the
// CPU's cache and makes nothing larger.
const params = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_windowLog]: 18 }
// Of smaller buffers Node may give a part of one that others have a part of too.
const roomMin = 2 ** 16

export function zstdPacked(bytes: Uint8Array): Buffer {
  const room = Math.max(roomMin, packedBytesMax(bytes.length))
  const inRoom = zstdCompressSync(bytes, { chunkSize: room, params })
  // Alone in its memory, so that its owner can give it back.
  const packed = Buffer.allocUnsafeSlow(inRoom.length)
  inRoom.copy(packed)
  releaseWhole(inRoom)
  return packed
}

/**
 * Throws where it would be more than `bytesMax`. `room`: for how many bytes there is room at once. Nothing else lies in the
 * same memory, which may be larger.
 */
export function zstdUnpacked(packed: Uint8Array, bytesMax: number, room: number): Buffer {
  // With room for one more byte than there are, zstd is not asked for the rest. What is stored may be damaged.
  const chunkSize = Math.max(roomMin, Math.min(room, bytesMax) + 1)
  return zstdDecompressSync(packed, { maxOutputLength: bytesMax, chunkSize })
}

/** zstd's own bound (ZSTD_compressBound). */
function packedBytesMax(bytes: number): number {
  const margin = bytes < 2 ** 17 ? (2 ** 17 - bytes) >>> 11 : 0
  return bytes + (bytes >>> 8) + margin
}
