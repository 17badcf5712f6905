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

/**
 * The stream is not destroyed when its bytes are refused: the answer still has to go out on it. By events and not by the
 * stream's iterator, which made an eighth of all objects that a small request leaves.
 */
export function readBody(stream: Readable, lease: Lease): Promise<Buffer> {
  const pieces = new Pieces(lease)
  return new Promise((resolve, reject) => {
    if (stream.destroyed) {
      reject(brokenOff(connectionClosed()))
      return
    }
    const timer = setTimeout(() => end(bodyLate(lease)), lease.requestTimeoutMs)
    stream.on('data', onData).once('end', onEnd).once('error', onError).once('close', onClose)

    function onData(chunk: unknown): void {
      try {
        pieces.add(chunk)
      } catch (error) {
        end(error)
      }
    }
    function onEnd(): void {
      end(undefined)
    }
    function onError(error: Error): void {
      end(brokenOff(error))
    }
    function onClose(): void {
      end(brokenOff(connectionClosed()))
    }
    function end(failure: unknown): void {
      clearTimeout(timer)
      stream.off('data', onData).off('end', onEnd).off('close', onClose)
      // What else fails on it is told to nobody here, but must not be without a listener.
      if (failure === undefined) stream.off('error', onError)
      if (failure === undefined) resolve(pieces.whole())
      else reject(failure)
    }
  })
}

const connectionClosed = (): Error => new Error('the connection was closed')

function brokenOff(cause: Error): RequestFault {
  return new RequestFault('body_undecodable', `the body broke off: ${cause.message}.`, { cause })
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
    const pieces = new Pieces(lease)
    for await (const chunk of unpacker) pieces.add(chunk)
    return pieces.whole()
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

class Pieces {
  readonly #lease: Lease
  readonly #parts: Buffer[] = []
  #bytes = 0

  constructor(lease: Lease) {
    this.#lease = lease
  }

  /** Throws RequestFault. */
  add(chunk: unknown): void {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('a body is read as bytes')
    this.#bytes += chunk.length
    if (this.#bytes > this.#lease.requestBytesMax) throw bodyTooLarge(this.#lease)
    this.#lease.add(chunk.length)
    this.#parts.push(chunk)
  }

  whole(): Buffer {
    const [only] = this.#parts
    if (this.#parts.length === 1 && only !== undefined) return only
    const whole = Buffer.concat(this.#parts, this.#bytes)
    for (const part of this.#parts) releaseMemory(part)
    return whole
  }
}

function unsupported(name: string): RequestFault {
  return new RequestFault(
    'compression_unsupported',
    `the compression ${name} is not read here: send ${codings.join(', ')} or none.`,
  )
}
