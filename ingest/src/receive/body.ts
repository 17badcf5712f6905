// A request's bytes: read from its stream, and unpacked. Both stop at `requestBytesMax` and are charged to the
// request's lease piece by piece, so that a small body that unpacks to gigabytes costs no more than the cap.
// Throws RequestFault: `body_too_large`, `body_undecodable`, `compression_unsupported`, `intake_busy`.
import type { Readable, Transform } from 'node:stream'
import { createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { RequestFault } from '../faults.ts'
import { requestBytesMax } from '../limits.ts'
import type { Lease } from './admission.ts'

const unpackers: Readonly<Record<string, (options: { chunkSize: number }) => Transform>> = {
  gzip: createGunzip,
  deflate: createInflate,
  zstd: createZstdDecompress,
}
/** What senders may compress with, as `grpc-accept-encoding` lists it. */
export const codings: readonly string[] = Object.keys(unpackers)

const chunkBytes = 64 * 1024

/** The stream is not destroyed when its bytes are refused: the answer still has to go out on it. */
export async function readBody(
  stream: Readable,
  lease: Lease,
  bytesMax: number = requestBytesMax,
): Promise<Buffer> {
  return collect(stream.iterator({ destroyOnReturn: false }), lease, bytesMax)
}

/** `coding` is a value of Content-Encoding or grpc-encoding. */
export async function unpackedBody(body: Buffer, coding: string | undefined, lease: Lease): Promise<Buffer> {
  const name = (coding ?? 'identity').trim().toLowerCase()
  if (name === 'identity' || name === '') return body
  const create = Object.hasOwn(unpackers, name) ? unpackers[name] : undefined
  if (create === undefined) throw unsupported(name)
  const unpacker = create({ chunkSize: chunkBytes })
  unpacker.end(body)
  try {
    return await collect(unpacker, lease, requestBytesMax)
  } catch (error) {
    if (error instanceof RequestFault) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new RequestFault('body_undecodable', `the body is not valid ${name}: ${reason}.`, { cause: error })
  }
}

export function bodyTooLarge(): RequestFault {
  return new RequestFault(
    'body_too_large',
    `the request is larger than ${requestBytesMax} bytes (counted after decompression too): ` +
      'send fewer spans in one request.',
  )
}

async function collect(chunks: AsyncIterable<unknown>, lease: Lease, bytesMax: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('a body is read as bytes')
    bytes += chunk.length
    if (bytes > bytesMax) throw bodyTooLarge()
    lease.add(chunk.length)
    parts.push(chunk)
  }
  const [only] = parts
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, bytes)
}

function unsupported(name: string): RequestFault {
  return new RequestFault(
    'compression_unsupported',
    `the compression ${name} is not read here: send ${codings.join(', ')} or none.`,
  )
}
