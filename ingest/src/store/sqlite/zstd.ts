// zstd as blocks are packed with it: in one pass, for which it needs room for the worst case; that takes a fifth less time.
import { constants, zstdCompressSync } from 'node:zlib'
import { releaseMemory } from '../../released.ts'

// Level 1: level 3 is hardly smaller without the ids, and takes half as long again. A window of 256 KiB stays in the
// CPU's cache and makes nothing larger.
const params = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_windowLog]: 18 }
// Of smaller buffers Node may give a part of one that others have a part of too.
const roomMin = 2 ** 16

export function zstdPacked(bytes: Uint8Array): Buffer {
  const room = Math.max(roomMin, packedBytesMax(bytes.length))
  const inRoom = zstdCompressSync(bytes, { chunkSize: room, params })
  const packed = Buffer.from(inRoom)
  releaseMemory(new Uint8Array(inRoom.buffer))
  return packed
}

/** zstd's own bound (ZSTD_compressBound). */
function packedBytesMax(bytes: number): number {
  const margin = bytes < 2 ** 17 ? (2 ** 17 - bytes) >>> 11 : 0
  return bytes + (bytes >>> 8) + margin
}
