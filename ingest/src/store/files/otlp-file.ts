// Files of OTLP trace requests, as the OpenTelemetry Collector's file exporter writes them: JSON lines, or protobuf
// messages each behind its length (32 bits, big-endian). In: a stream of bytes; out: requests, and back. Holds one
// request at a time; one of more than `requestBytesMax` is refused.
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { requestBytesMax } from '../../limits.ts'
import { UndecodableBody } from '../../otlp/frames.ts'
import { protobufFromJson } from '../../otlp/json.ts'
import { jsonFromProtobuf } from '../../otlp/json-write.ts'

export const fileFormats = ['json', 'proto'] as const
export type FileFormat = (typeof fileFormats)[number]

/** A file that is not what its format says; the message names the line or byte. */
export class UnreadableFile extends Error {
  override name = 'UnreadableFile'
}

/** By the name's ending, as far as that says something. */
export function formatOf(file: string): FileFormat {
  return /\.(pb|binpb|proto)$/i.test(file) ? 'proto' : 'json'
}

export function writeRequest(body: Buffer, format: FileFormat): Buffer {
  if (format === 'json') return Buffer.from(`${JSON.stringify(jsonFromProtobuf(body))}\n`)
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}

/** OTLP protobuf bodies. Throws UnreadableFile. */
export function readRequests(file: Readable, format: FileFormat): AsyncGenerator<Buffer> {
  return format === 'json' ? readLines(file) : readMessages(file)
}

async function* readLines(file: Readable): AsyncGenerator<Buffer> {
  let number = 0
  for await (const line of createInterface({ input: file, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++
    if (line.trim() === '') continue
    if (line.length > requestBytesMax)
      throw new UnreadableFile(`line ${number} is longer than ${requestBytesMax}`)
    try {
      yield protobufFromJson(line).body
    } catch (error) {
      if (!(error instanceof UndecodableBody)) throw error
      throw new UnreadableFile(`line ${number}: ${error.message}`, { cause: error })
    }
  }
}

const lengthBytes = 4

async function* readMessages(file: Readable): AsyncGenerator<Buffer> {
  let pending: Buffer = Buffer.alloc(0)
  let at = 0
  for await (const chunk of file) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('a file is read as bytes')
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    while (pending.length >= lengthBytes) {
      const length = pending.readUInt32BE()
      if (length > requestBytesMax) {
        throw new UnreadableFile(
          `at byte ${at} a request of ${length} bytes begins, more than ${requestBytesMax}`,
        )
      }
      if (pending.length < lengthBytes + length) break
      yield Buffer.from(pending.subarray(lengthBytes, lengthBytes + length))
      pending = pending.subarray(lengthBytes + length)
      at += lengthBytes + length
    }
  }
  if (pending.length > 0) throw new UnreadableFile(`it ends within the request that begins at byte ${at}`)
}
