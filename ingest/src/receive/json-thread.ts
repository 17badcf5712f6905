// The thread that converts long OTLP/JSON bodies (json-converter.ts). In: a body's bytes, one message each; out: for each
// in turn the protobuf, or what is wrong with it.
import { parentPort } from 'node:worker_threads'
import { TooManyParts, UndecodableBody } from '../otlp/frames.ts'
import { protobufFromJson } from '../otlp/json.ts'

export type JsonQuestion = Uint8Array<ArrayBuffer>
export type JsonAnswer =
  | { body: Uint8Array<ArrayBuffer>; hasResourceSpans: boolean }
  | { kind: 'undecodable' | 'too_many_parts' | 'unexpected'; message: string }

parentPort?.on('message', (text: JsonQuestion) => {
  const answer = answerTo(text)
  parentPort?.postMessage(answer, 'body' in answer ? [answer.body.buffer] : [])
})

function answerTo({ buffer }: JsonQuestion): JsonAnswer {
  try {
    const { body, hasResourceSpans } = protobufFromJson(Buffer.from(buffer).toString('utf8'))
    // A copy, which nothing else shares: it moves.
    return { body: Uint8Array.from(body), hasResourceSpans }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (error instanceof UndecodableBody) return { kind: 'undecodable', message }
    return { kind: error instanceof TooManyParts ? 'too_many_parts' : 'unexpected', message }
  }
}
