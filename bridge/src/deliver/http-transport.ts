// Batches by OTLP over HTTP, protobuf. Headers, timeout, compression and certificates are read from the
// OTEL_EXPORTER_OTLP_* variables by the SDK's own code. The request is not the SDK's: its exporter tells neither the
// rejected spans of an answer nor a Retry-After longer than its timeout, and both change what happens to spans.
import { request as requestHttp, validateHeaderValue, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { convertLegacyHttpOptions } from '@opentelemetry/otlp-exporter-base/node-http'
import { z } from 'zod'
import { BridgeError } from '../errors.ts'
import { bridgeName, bridgeVersion } from '../version.ts'
import { takenOutcome } from './answer.ts'
import type { EncodedBatch } from './encoded-batch.ts'
import { retryAfterMs } from './retry-delay.ts'
import { readRpcStatus } from './rpc-status.ts'
import { oneLine, type Outcome, type Transport } from './transport.ts'

const statusShape = z.object({ message: z.string() })
const gzipped = promisify(gzip)
/** OTLP's rule: these may pass, every other status above 299 is final. */
const retryableStatus = new Set([429, 502, 503, 504])
/** Of an answer, what is read: a partial success or an explanation. */
const answerBytesMax = 64 * 1024

/** `url` is the whole URL. Throws BridgeError `config_invalid` where a header cannot be sent. */
export async function openHttpTransport(url: string): Promise<Transport> {
  const options = convertLegacyHttpOptions({ url }, 'TRACES', 'v1/traces', {
    'Content-Type': 'application/x-protobuf',
  })
  const headers = { 'User-Agent': `${bridgeName}/${bridgeVersion}`, ...(await options.headers()) }
  checkHeaders(headers)
  const agent = await options.agentFactory(new URL(url).protocol)
  const isGzip = options.compression === 'gzip'
  const start = url.toLowerCase().startsWith('https:') ? requestHttps : requestHttp

  async function send(batch: EncodedBatch): Promise<Outcome> {
    const body = isGzip ? await gzipped(batch.bytes) : batch.bytes
    return attempt(body, batch.spanCount, true)
  }

  function attempt(body: Buffer, spanCount: number, mayRepeat: boolean): Promise<Outcome> {
    return new Promise((resolve) => {
      const request = start(url, {
        method: 'POST',
        agent,
        headers: {
          ...headers,
          'Content-Length': String(body.length),
          ...(isGzip && { 'Content-Encoding': 'gzip' }),
        },
        // For the whole attempt: the SDK's own timeout is one of silence, which a slow trickle never ends.
        signal: AbortSignal.timeout(options.timeoutMillis),
      })
      request.on('error', (error: NodeJS.ErrnoException) => {
        // A connection that the receiver had closed while it was idle says nothing about the receiver.
        const wasIdle = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
        resolve(wasIdle && mayRepeat ? attempt(body, spanCount, false) : awayBy(error, options.timeoutMillis))
      })
      request.on('response', (response) => {
        void readAnswer(response).then((answer) => resolve(outcomeOf(response, answer, spanCount)))
      })
      request.end(body)
    })
  }

  return { send, close: () => agent.destroy() }
}

function checkHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderValue(name, value)
    } catch {
      // The value may be a key: it is not shown.
      throw new BridgeError(
        'config_invalid',
        `the value of header "${oneLine(name)}" in OTEL_EXPORTER_OTLP_HEADERS cannot be sent: ` +
          'it has characters that no header may have',
      )
    }
  }
}

/** The first bytes of the answer's body; an answer that breaks off still has its status. */
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

function outcomeOf(response: IncomingMessage, body: Buffer, spanCount: number): Outcome {
  const status = response.statusCode ?? 0
  const isJson = (response.headers['content-type'] ?? '').startsWith('application/json')
  if (status >= 200 && status <= 299) return takenOutcome(body, isJson, spanCount)
  const message = explanation(body, isJson)
  const said = oneLine(`${status} ${response.statusMessage ?? ''}${message && `: ${message}`}`)
  if (!retryableStatus.has(status)) return { kind: 'refused', reason: said, code: String(status) }
  const waitMs = retryAfterMs(response.headers['retry-after'], Date.now())
  const code = String(status)
  return { kind: 'away', reason: said, code, ...(waitMs !== undefined && { retryAfterMs: waitMs }) }
}

function explanation(body: Buffer, isJson: boolean): string {
  if (!isJson) return readRpcStatus(body)?.message ?? ''
  try {
    return statusShape.safeParse(JSON.parse(body.toString('utf8'))).data?.message ?? ''
  } catch {
    return ''
  }
}

function awayBy(error: NodeJS.ErrnoException, timeoutMs: number): Outcome {
  const reason = error.code === 'ABORT_ERR' ? `no answer within ${timeoutMs} ms` : error.message || error.code
  return {
    kind: 'away',
    reason: oneLine(reason ?? error.name),
    ...(error.code !== undefined && { code: error.code }),
  }
}
