// Any number of gRPC messages as the answer to a call, at the pace at which the caller reads them. In: messages as they are
// made, and what to say of a failure; out: frames, then the status. A failure before the first message is an answer without
// one; later it ends the stream with its code.
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ServerHttp2Stream } from 'node:http2'
import { requestFaults } from '../faults.ts'
import type { RequestFault } from '../faults.ts'
import { answerHead, framed, messageTrailer, sendFault } from './grpc-call.ts'

/** Resolves with gRPC's code when everything is sent; undefined where the caller went away before. */
export async function sendMessages(
  stream: ServerHttp2Stream,
  messages: AsyncIterable<Buffer>,
  faultOf: (error: unknown) => RequestFault,
): Promise<number | undefined> {
  const iterator = messages[Symbol.asyncIterator]()
  let next: IteratorResult<Buffer>
  try {
    next = await iterator.next()
  } catch (error) {
    const fault = faultOf(error)
    if (isGone(stream)) return undefined
    sendFault(stream, fault)
    return requestFaults[fault.code].rpc
  }
  if (isGone(stream)) {
    await iterator.return?.()
    return undefined
  }
  let failure: RequestFault | undefined
  async function* frames(): AsyncGenerator<Buffer> {
    try {
      for (; next.done !== true; next = await iterator.next()) yield framed(next.value)
    } catch (error) {
      failure = faultOf(error)
    } finally {
      await iterator.return?.()
    }
  }
  stream.respond(answerHead(), { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers(messageTrailer(failure)))
  try {
    await pipeline(Readable.from(frames()), stream)
  } catch {
    // The caller does not want the rest.
    return undefined
  }
  return failure === undefined ? 0 : requestFaults[failure.code].rpc
}

const isGone = (stream: ServerHttp2Stream): boolean => stream.destroyed || stream.closed
