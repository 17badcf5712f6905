// Questions to a running ingest service, by its JSON API. Answers are checked against the wire types; what goes
// wrong is an AskError whose message says what to do.
import {
  traceAnswer,
  tracesAnswer,
  apiError,
  type TraceAnswer,
  type TraceSummary,
} from '@probespan/ingest/wire'
import type { z } from 'zod'

export type IngestAddress = { url: string; apiKey?: string }

export type TracesFilter = {
  startUnixNano?: bigint
  endUnixNano?: bigint
  service?: string
  source?: string
  name?: string
  status?: string
  /** Nanoseconds, inclusive. */
  durationMin?: bigint
  durationMax?: bigint
  /** `key=value` each. */
  attributes?: readonly string[]
  limit?: number
}

export class AskError extends Error {}

const answerTimeoutMs = 30_000

export async function findTraces(address: IngestAddress, filter: TracesFilter): Promise<TraceSummary[]> {
  const query = new URLSearchParams()
  if (filter.startUnixNano !== undefined) query.set('start', filter.startUnixNano.toString())
  if (filter.endUnixNano !== undefined) query.set('end', filter.endUnixNano.toString())
  if (filter.service !== undefined) query.set('service', filter.service)
  if (filter.source !== undefined) query.set('source', filter.source)
  if (filter.name !== undefined) query.set('name', filter.name)
  if (filter.status !== undefined) query.set('status', filter.status)
  if (filter.durationMin !== undefined) query.set('durationMin', filter.durationMin.toString())
  if (filter.durationMax !== undefined) query.set('durationMax', filter.durationMax.toString())
  for (const attribute of filter.attributes ?? []) query.append('attribute', attribute)
  if (filter.limit !== undefined) query.set('limit', filter.limit.toString())
  const answer = await ask(address, `/api/traces?${query.toString()}`, tracesAnswer)
  return answer.traces
}

export function readTrace(address: IngestAddress, traceId: string): Promise<TraceAnswer> {
  return ask(address, `/api/traces/${encodeURIComponent(traceId)}`, traceAnswer)
}

async function ask<Answer>(address: IngestAddress, path: string, form: z.ZodType<Answer>): Promise<Answer> {
  if (!/^https?:\/\//.test(address.url) || !URL.canParse(address.url)) {
    throw new AskError(
      `"${address.url}" is no address of ingest: give --url or PROBESPAN_URL one such as http://127.0.0.1:3051`,
    )
  }
  const url = new URL(path, address.url)
  const headers = address.apiKey === undefined ? {} : { 'x-api-key': address.apiKey }
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(answerTimeoutMs) }).catch(
    (error: Error & { cause?: { code?: string } }) => {
      const reason = error.cause?.code ?? error.message
      throw new AskError(
        `no answer from ${address.url} (${reason}): start ingest with "probespan ingest", or name another with --url`,
      )
    },
  )
  const body: unknown = await response.json().catch(() => undefined)
  if (!response.ok) {
    const known = apiError.safeParse(body)
    if (!known.success && response.status === 404) {
      throw new AskError(
        `${address.url} is no probespan ingest (${path.split('?')[0]} is not there): correct --url`,
      )
    }
    const message = known.success ? known.data.error.message : `${response.status} ${response.statusText}`
    const remedy = response.status === 401 ? ' Give the key with --api-key or PROBESPAN_API_KEY.' : ''
    throw new AskError(`${address.url} refuses: ${message}${remedy}`)
  }
  const parsed = form.safeParse(body)
  if (parsed.success) return parsed.data
  throw new AskError(
    `${url.href} answered with something else than this version's API: is it a probespan ingest?`,
  )
}
