// A file as positions and lengths, so that of a library of 100 MB only the headers and the notes are read; and a
// bounded cursor over what was read. Neither knows what the bytes mean.
import { open, stat } from 'node:fs/promises'

export type ByteSource = {
  sizeBytes: number
  /** Up to `lengthBytes` bytes from `position`; fewer where the file ends. Rejects where the file cannot be read. */
  read(position: number, lengthBytes: number): Promise<Buffer>
}

/** A device or pipe: reading it would wait, or do something. */
export class NoRegularFile extends Error {
  readonly code = 'no regular file'
}

/**
 * Opens a file for `use` and closes it after. Rejects with the system's error (`code`: ENOENT, EACCES …) or
 * NoRegularFile.
 */
export async function withFile<Answer>(
  path: string,
  use: (source: ByteSource) => Promise<Answer>,
): Promise<Answer> {
  if (!(await stat(path)).isFile()) throw new NoRegularFile(path)
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    return await use({
      sizeBytes: size,
      read: async (position, lengthBytes) => {
        // What a header claims decides nothing about memory: no more than the file has.
        const buffer = Buffer.alloc(Math.max(0, Math.min(lengthBytes, size - position)))
        const { bytesRead } = await file.read(buffer, 0, buffer.length, position)
        return buffer.subarray(0, bytesRead)
      },
    })
  } finally {
    await file.close()
  }
}

export const memorySource = (bytes: Buffer): ByteSource => ({
  sizeBytes: bytes.length,
  read: async (position, lengthBytes) => bytes.subarray(position, position + lengthBytes),
})

/** Where a structure does not fit into what holds it: caught at the front of this folder, never seen outside. */
export class Malformed extends Error {}

export type Layout = { bits: 32 | 64; littleEndian: boolean }

/** Reads numbers one after the other; beyond the end it throws `Malformed`. */
export class Cursor {
  position = 0
  private readonly bytes: Buffer
  private readonly layout: Layout

  constructor(bytes: Buffer, layout: Layout) {
    this.bytes = bytes
    this.layout = layout
  }

  get left(): number {
    return this.bytes.length - this.position
  }

  half(): number {
    const at = this.take(2)
    return this.layout.littleEndian ? this.bytes.readUInt16LE(at) : this.bytes.readUInt16BE(at)
  }

  word(): number {
    const at = this.take(4)
    return this.layout.littleEndian ? this.bytes.readUInt32LE(at) : this.bytes.readUInt32BE(at)
  }

  /** As wide as an address of the file's own machine. */
  address(): bigint {
    if (this.layout.bits === 32) return BigInt(this.word())
    const at = this.take(8)
    return this.layout.littleEndian ? this.bytes.readBigUInt64LE(at) : this.bytes.readBigUInt64BE(at)
  }

  /** An offset or size within the file. */
  offset(): number {
    const value = this.address()
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Malformed(`the offset ${value} is beyond any file`)
    return Number(value)
  }

  slice(lengthBytes: number): Buffer {
    const at = this.take(lengthBytes)
    return this.bytes.subarray(at, at + lengthBytes)
  }

  /** On to the next multiple of four, as far as there are bytes. */
  pad(): void {
    this.position = Math.min(this.bytes.length, (this.position + 3) & ~3)
  }

  private take(lengthBytes: number): number {
    if (lengthBytes > this.left) throw new Malformed('a structure ends behind what holds it')
    const at = this.position
    this.position += lengthBytes
    return at
  }
}
