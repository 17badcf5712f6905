// The OTLP endpoint as a fact: how it answers a request without spans, sent with the headers that the exporter would
// send, by the same module of Node (fetch refuses some ports). Nothing is stored by it.
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { parseKeyPairsIntoRecord } from '@opentelemetry/core'
import type { EndpointFacts } from './facts.ts'

const answerTimeoutMs = 10_000

/** `url` is the whole URL, as the exporter posts to it. Never rejects. */
export async function gatherEndpoint(url: string, env: NodeJS.ProcessEnv): Promise<EndpointFacts> {
  const headers = {
    ...parseKeyPairsIntoRecord(env.OTEL_EXPORTER_OTLP_HEADERS),
    ...parseKeyPairsIntoRecord(env.OTEL_EXPORTER_OTLP_TRACES_HEADERS),
  }
  const about = { url, headersGiven: Object.keys(headers).length > 0 }
  return post(url, headers).then(
    (status): EndpointFacts => ({ ...about, status }),
    (error: NodeJS.ErrnoException): EndpointFacts => ({ ...about, errorCode: codeOf(error) }),
  )
}

/** Answers the status; the body is not read. */
function post(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const start = url.startsWith('https:') ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const request = start(url, {
      method: 'POST',
      // No bytes are the protobuf of a request that has no spans.
      headers: { ...headers, 'content-type': 'application/x-protobuf', 'content-length': '0' },
      signal: AbortSignal.timeout(answerTimeoutMs),
    })
    request.on('error', reject)
    request.on('response', (response) => {
      response.destroy()
      resolve(response.statusCode ?? 0)
    })
    request.end()
  })
}

function codeOf({ name, code, message }: NodeJS.ErrnoException): string {
  return name === 'AbortError' ? `no answer in ${answerTimeoutMs} ms` : (code ?? message)
}
