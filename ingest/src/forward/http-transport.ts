// Batches by OTLP over HTTP, as protobuf or JSON, over one connection that is kept. Redirects are not followed; of an
// answer at most `answerBytesMax` is read.
import { Agent, request as requestHttp } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { Agent as SecureAgent, request as requestHttps } from 'node:https'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { UndecodableBody } from '../otlp/frames.ts'
import { explanationOf, oneLine, partialSuccessOf } from './answer.ts'
import type { AnswerEncoding } from './answer.ts'
import type { Destination } from './destination.ts'
import { jsonRequest } from './json-request.ts'
import { retryAfterMs } from './retry-delay.ts'
import type { Delivery, Transport } from './transport.ts'
import { httpVerdict } from './verdict.ts'

const gzipped = promisify(gzip)
const answerBytesMax = 64 * 1024

export function openHttpTransport(destination: Destination): Transport {
  const { endpoint, protocol, compression, tls } = destination
  const secure = new URL(endpoint).protocol === 'https:'
  const kept = { keepAlive: true, maxSockets: 1 }
  const agent = secure ? new SecureAgent({ ...kept, ...tls }) : new Agent(kept)
  const call: Call = {
    start: secure ? requestHttps : requestHttp,
    endpoint,
    timeoutMs: destination.timeoutMs,
    agent,
    headers: {
      ...destination.headers,
      'content-type': protocol === 'http/json' ? 'application/json' : 'application/x-protobuf',
      ...(compression === 'gzip' && { 'content-encoding': 'gzip' }),
    },
  }
  return {
    async send(body, aborted) {
      try {
        const content = protocol === 'http/json' ? await jsonRequest(body) : body
        return await post(call, compression === 'gzip' ? await gzipped(content) : content, aborted)
      } catch (error) {
        if (error instanceof UndecodableBody)
          return { verdict: 'refused', reason: `no JSON: it is ${error.message}` }
        return { verdict: 'later', reason: networkReason(error, call.timeoutMs) }
      }
    },
    close: () => agent.destroy(),
  }
}

type Call = {
  start: typeof requestHttp
  endpoint: string
  timeoutMs: number
  headers: Record<string, string>
  agent: Agent
}

async function post(call: Call, body: Buffer, aborted: AbortSignal, isFirst = true): Promise<Delivery> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const request = call.start(call.endpoint, {
    method: 'POST',
    agent: call.agent,
    headers: { ...call.headers, 'content-length': String(body.length) },
    signal: AbortSignal.any([aborted, AbortSignal.timeout(call.timeoutMs)]),
  })
  request.once('response', resolve)
  request.on('error', reject)
  request.end(body)
  let response: IncomingMessage
  try {
    response = await promise
  } catch (error) {
    // The destination had closed the idle connection: that says nothing about it.
    const wasIdle = request.reusedSocket && isReset(error)
    if (wasIdle && isFirst && !aborted.aborted) return post(call, body, aborted, false)
    throw error
  }
  return deliveryOf(response, await readAnswer(response))
}

/** An answer that breaks off still has its status. */
async function readAnswer(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > answerBytesMax) break
    }
  } catch {
    return Buffer.alloc(0)
  }
  return Buffer.concat(chunks).subarray(0, answerBytesMax)
}

function deliveryOf(
  { statusCode = 0, statusMessage = '', headers }: IncomingMessage,
  body: Buffer,
): Delivery {
  const encoding = encodingOf(headers['content-type'])
  const verdict = httpVerdict(statusCode)
  if (verdict === 'taken') return { verdict, ...partialSuccessOf(body, encoding) }
  const reason = oneLine(`${statusCode} ${statusMessage}: ${explanationOf(body, encoding)}`).replace(/:$/, '')
  return { verdict, reason, waitMs: retryAfterMs(headers['retry-after'], Date.now()) }
}

function encodingOf(contentType = ''): AnswerEncoding {
  if (/protobuf/i.test(contentType)) return 'protobuf'
  return /json/i.test(contentType) ? 'json' : 'text'
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined
const isReset = (error: unknown): boolean => ['ECONNRESET', 'EPIPE'].includes(String(codeOf(error)))

function networkReason(error: unknown, timeoutMs: number): string {
  if (codeOf(error) === 'ABORT_ERR') return `no answer within ${timeoutMs} ms`
  const message = error instanceof Error ? error.message : String(error)
  return oneLine(message === '' ? String(codeOf(error)) : message)
}
