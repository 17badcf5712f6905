// OTLP/JSON bodies to OTLP protobuf: short ones at once, longer ones on a thread of their own, since 64 MiB of JSON take
// seconds, in which nobody else would be answered. In: a body's bytes, which are the converter's from then on; out: the
// protobuf. The thread starts when it is first needed. A body that takes more memory than V8 gives ends the thread, not
// the service: its sender is told, and the next one gets a new thread.
import { Worker } from 'node:worker_threads'
import { RequestFault } from '../faults.ts'
import { TooManyParts, UndecodableBody } from '../otlp/frames.ts'
import { protobufFromJson } from '../otlp/json.ts'
import type { JsonAnswer, JsonQuestion } from './json-thread.ts'

/** Shorter ones take less time to convert (some 2 ms) than a thread that may be busy takes to begin. */
const convertedAtOnceBytes = 64 * 1024

export type ConvertedJson = ReturnType<typeof protobufFromJson>

export type JsonConverter = {
  /** Rejects with UndecodableBody, TooManyParts, RequestFault. */
  convert(text: Buffer): Promise<ConvertedJson>
  /** Nobody may wait for it any more. */
  close(): Promise<void>
}

type Waiting = { resolve: (converted: ConvertedJson) => void; reject: (error: Error) => void }

export function createJsonConverter(): JsonConverter {
  let thread: JsonThread | undefined
  return {
    async convert(text) {
      if (text.length <= convertedAtOnceBytes) return protobufFromJson(text.toString('utf8'))
      thread ??= startThread(() => (thread = undefined))
      return thread.convert(text)
    },
    async close() {
      await thread?.end()
    },
  }
}

type JsonThread = { convert: JsonConverter['convert']; end: () => Promise<void> }

function startThread(onEnd: () => void): JsonThread {
  const worker = new Worker(new URL('./json-thread.ts', import.meta.url), { name: 'reads JSON' })
  // The connections of those who wait keep the process.
  worker.unref()
  /** In the order in which they are converted. */
  const waiting: Waiting[] = []
  worker.on('message', (answer: JsonAnswer) => {
    const asked = waiting.shift()
    if ('body' in answer) asked?.resolve({ ...answer, body: asBuffer(answer.body) })
    else asked?.reject(errorOf(answer))
  })
  worker.once('error', (error) => waiting.shift()?.reject(isOutOfMemory(error) ? tooLarge() : asError(error)))
  worker.once('exit', () => {
    onEnd()
    for (const { reject } of waiting.splice(0)) reject(endedForAnother())
  })
  return {
    convert: (text) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject })
        const question: JsonQuestion = ownMemory(text)
        worker.postMessage(question, [question.buffer])
      }),
    end: async () => void (await worker.terminate()),
  }
}

/** Only a buffer that shares its memory with nothing can move to the thread. */
function ownMemory(text: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = text
  const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
  return isOwn ? new Uint8Array(buffer) : Uint8Array.from(text)
}

const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength)

function errorOf({ kind, message }: Exclude<JsonAnswer, { body: unknown }>): Error {
  if (kind === 'undecodable') return new UndecodableBody(message)
  return kind === 'too_many_parts' ? new TooManyParts(message) : new Error(message)
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'

const tooLarge = (): RequestFault =>
  new RequestFault(
    'body_too_large',
    'the JSON takes more memory to read than this process may have: send fewer spans in one request, or protobuf.',
  )

const endedForAnother = (): RequestFault =>
  new RequestFault(
    'intake_busy',
    'the thread that reads JSON ended while this request waited for it. Send the request again after a moment.',
  )
