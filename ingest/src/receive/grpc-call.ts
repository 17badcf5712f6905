// A unary gRPC call on an HTTP/2 stream: reads its one message, writes its answer or its status. In: the stream and
// its headers; out: bytes, at most as many as the lease allows, or RequestFault (`body_undecodable`, `body_too_large` …).
// The format: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
import { constants } from 'node:http2'
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { requestFaults, RequestFault, retryAfterMsOf } from '../faults.ts'
import { unwantedSendingMs } from '../limits.ts'
import { rpcStatusDetails } from './answer.ts'
import type { Lease } from './admission.ts'
import { codings, readBody } from './body.ts'

/** Before each message: one byte that says whether it is compressed, four with its length. */
const prefixBytes = 5
// Headers of 8 KiB are what clients take at least; the message comes twice where there are details.
const messageCharsMax = 1_000
const ok = 0

export type GrpcMessage = { bytes: Buffer; coding: string | undefined }

export async function readMessage(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  lease: Lease,
): Promise<GrpcMessage> {
  const framed = await readBody(stream, lease)
  if (framed.length < prefixBytes) throw malformed(`${framed.length} bytes are no message`)
  const compressed = framed.readUInt8(0)
  const size = framed.readUInt32BE(1)
  if (size !== framed.length - prefixBytes) {
    throw malformed(`a message of ${size} bytes is announced, but ${framed.length - prefixBytes} came`)
  }
  const bytes = framed.subarray(prefixBytes)
  if (compressed === 0) return { bytes, coding: undefined }
  const coding = headers['grpc-encoding']
  if (compressed === 1 && typeof coding === 'string' && coding !== 'identity') return { bytes, coding }
  throw malformed('the message is marked as compressed, but grpc-encoding names no compression')
}

export function isGrpc(headers: IncomingHttpHeaders): boolean {
  const type = headers['content-type'] ?? ''
  return headers[':method'] === 'POST' && /^application\/grpc(\+proto)?\s*(;|$)/i.test(type)
}

export function sendAnswer(stream: ServerHttp2Stream, message: Buffer): void {
  stream.respond(answerHead(), { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers(messageTrailer(undefined)))
  stream.end(framed(message))
}

/** Never compressed. */
export function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(prefixBytes)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

/** What follows the last message. `failure`: why there are no more. */
export function messageTrailer(failure: RequestFault | undefined): OutgoingHttpHeaders {
  if (failure === undefined) return { 'grpc-status': ok }
  const message = failure.message.slice(0, messageCharsMax)
  return { 'grpc-status': requestFaults[failure.code].rpc, 'grpc-message': percentEncoded(message) }
}

export function sendFault(stream: ServerHttp2Stream, fault: RequestFault): void {
  const { rpc } = requestFaults[fault.code]
  const retryAfterMs = retryAfterMsOf(fault)
  const message = fault.message.slice(0, messageCharsMax)
  const details =
    retryAfterMs === undefined
      ? {}
      : { 'grpc-status-details-bin': rpcStatusDetails(rpc, message, retryAfterMs).toString('base64') }
  sendStatus(stream, rpc, message, details)
}

/** An answer without a message. What the caller still sends is not wanted any more. */
export function sendStatus(
  stream: ServerHttp2Stream,
  code: number,
  message: string,
  details: OutgoingHttpHeaders = {},
): void {
  stream.respond(
    { ...answerHead(), 'grpc-status': code, 'grpc-message': percentEncoded(message), ...details },
    { endStream: true },
  )
  dropRest(stream)
}

/** Callers stop by themselves once they have the answer, which a reset might overtake. One that does not is made to. */
export function dropRest(stream: ServerHttp2Stream): void {
  stream.resume()
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), unwantedSendingMs)
  stream.once('close', () => clearTimeout(timer))
}

export function answerHead(): OutgoingHttpHeaders {
  return {
    ':status': 200,
    'content-type': 'application/grpc+proto',
    'grpc-accept-encoding': `identity,${codings.join(',')}`,
  }
}

/** Header values are printable ASCII; gRPC escapes the rest, and the escape itself. */
function percentEncoded(message: string): string {
  return message
    .toWellFormed()
    .replaceAll(/[^\u0020-\u0024\u0026-\u007e]/gu, (char) => encodeURIComponent(char))
}

function malformed(reason: string): RequestFault {
  return new RequestFault('body_undecodable', `the call is not one gRPC message: ${reason}.`)
}
