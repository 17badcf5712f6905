// A request's bytes: read from its stream, and unpacked. Both stop at the lease's `requestBytesMax` and are
// charged to it piece by piece, so that a small body that unpacks to gigabytes costs no more than the cap.
// Throws RequestFault: `body_too_large`, `body_late`, `body_undecodable`, `compression_unsupported`, `intake_busy`.
import type { Readable, Transform } from 'node:stream'
import { createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { RequestFault } from '../faults.ts'
import { releaseMemory } from '../released.ts'
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
export async function readBody(stream: Readable, lease: Lease): Promise<Buffer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(bodyLate(lease)), lease.requestTimeoutMs)
  })
  try {
    return await Promise.race([collect(stream.iterator({ destroyOnReturn: false }), lease), late])
  } catch (error) {
    if (error instanceof RequestFault) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new RequestFault('body_undecodable', `the body broke off: ${reason}.`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
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
    return await collect(unpacker, lease)
  } catch (error) {
    if (error instanceof RequestFault) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new RequestFault('body_undecodable', `the body is not valid ${name}: ${reason}.`, { cause: error })
  }
}

export function bodyTooLarge({ requestBytesMax }: Lease): RequestFault {
  return new RequestFault(
    'body_too_large',
    `the request is larger than ${requestBytesMax} bytes (counted after decompression too): ` +
      'send fewer spans in one request.',
  )
}

function bodyLate({ requestTimeoutMs }: Lease): RequestFault {
  return new RequestFault(
    'body_late',
    `the body was not there after ${requestTimeoutMs} ms: send fewer spans in one request, or see why so little comes.`,
  )
}

async function collect(chunks: AsyncIterable<unknown>, lease: Lease): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('a body is read as bytes')
    bytes += chunk.length
    if (bytes > lease.requestBytesMax) throw bodyTooLarge(lease)
    lease.add(chunk.length)
    parts.push(chunk)
  }
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  const whole = Buffer.concat(parts, bytes)
  for (const part of parts) releaseMemory(part)
  return whole
}

function unsupported(name: string): RequestFault {
  return new RequestFault(
    'compression_unsupported',
    `the compression ${name} is not read here: send ${codings.join(', ')} or none.`,
  )
}
