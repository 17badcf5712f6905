// Questions to a running ingest service, by its JSON API. Answers are checked against the wire types; what goes
// wrong is an AskError whose message says what to do.
import {
  apiError,
  forwardAnswer,
  refusedAnswer,
  setAsideAnswer,
  traceAnswer,
  tracesAnswer,
  type ForwardAnswer,
  type RefusedAnswer,
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

export async function destinations(address: IngestAddress): Promise<ForwardAnswer['destinations']> {
  return (await ask(address, '/api/forward', forwardAnswer)).destinations
}

/** Of one destination, oldest first: those after an id. */
export async function refusedBatches(
  address: IngestAddress,
  name: string,
  afterId: number,
  limit: number,
): Promise<RefusedAnswer['batches']> {
  const path = `/api/forward/${encodeURIComponent(name)}/refused?after=${afterId}&limit=${limit}`
  return (await ask(address, path, refusedAnswer)).batches
}

const changes = {
  replay: { method: 'POST', path: '/replay' },
  drop: { method: 'DELETE', path: '/refused' },
  forget: { method: 'DELETE', path: '' },
} as const

/** Of what was set aside one batch, or all; or the destination itself. Gives how many batches that were. */
export async function changeDestination(
  address: IngestAddress,
  name: string,
  change: keyof typeof changes,
  id?: number,
): Promise<number> {
  const { method, path: part } = changes[change]
  const path = `/api/forward/${encodeURIComponent(name)}${part}`
  const query = id === undefined ? '' : `?id=${id}`
  return (await ask(address, path + query, setAsideAnswer, method)).batches
}

async function ask<Answer>(
  address: IngestAddress,
  path: string,
  form: z.ZodType<Answer>,
  method: 'GET' | 'POST' | 'DELETE' = 'GET',
): Promise<Answer> {
  if (!/^https?:\/\//.test(address.url) || !URL.canParse(address.url)) {
    throw new AskError(
      `"${address.url}" is no address of ingest: give --url or PROBESPAN_URL one such as http://127.0.0.1:3051`,
    )
  }
  const url = new URL(path, address.url)
  const headers = address.apiKey === undefined ? {} : { 'x-api-key': address.apiKey }
  const response = await fetch(url, { method, headers, signal: AbortSignal.timeout(answerTimeoutMs) }).catch(
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
