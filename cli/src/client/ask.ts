// One question to a running ingest service, by its JSON API. The answer is checked against its wire type; what goes wrong
// is an AskError whose message says what to do.
import { apiError } from '@probespan/ingest/wire'
import type { z } from 'zod'

export type IngestAddress = { url: string; apiKey?: string }

export class AskError extends Error {}
/** Asking again later may help. */
export class NoAnswer extends AskError {}

const answerTimeoutMs = 60_000

/** Parameters that are not given are left out; a list is repeated. */
export type Parameters = Readonly<Record<string, string | number | bigint | readonly string[] | undefined>>

/** The path with the parameters behind a `?`. */
export function pathWith(path: string, parameters: Parameters): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue
    for (const each of typeof value === 'object' ? value : [value]) query.append(name, String(each))
  }
  return query.size === 0 ? path : `${path}?${query.toString()}`
}

export async function ask<Answer>(
  address: IngestAddress,
  path: string,
  form: z.ZodType<Answer>,
  method: 'GET' | 'POST' | 'DELETE' = 'GET',
): Promise<Answer> {
  const response = await send(address, path, { method, signal: AbortSignal.timeout(answerTimeoutMs) })
  const body: unknown = await response.json().catch(() => undefined)
  const parsed = form.safeParse(body)
  if (parsed.success) return parsed.data
  throw new AskError(
    `${urlOf(address, path).href} answered with something else than this version's API: is it a probespan ingest?`,
  )
}

/** The answer as it begins to come, where the question was not refused; `init.headers` come beside the key. */
export async function send(address: IngestAddress, path: string, init: RequestInit = {}): Promise<Response> {
  const key = address.apiKey === undefined ? {} : { 'x-api-key': address.apiKey }
  const headers = { ...Object(init.headers), ...key }
  const url = urlOf(address, path)
  const response = await fetch(url, { ...init, headers }).catch(
    (error: Error & { cause?: { code?: string } }) => {
      const reason = error.cause?.code ?? error.message
      throw new NoAnswer(
        `no answer from ${address.url} (${reason}): start ingest with "probespan ingest", or name another with --url`,
      )
    },
  )
  if (response.ok) return response
  const known = apiError.safeParse(await response.json().catch(() => undefined))
  if (!known.success && response.status === 404) {
    throw new AskError(
      `${address.url} is no probespan ingest (${path.split('?')[0]} is not there): correct --url`,
    )
  }
  const message = known.success ? known.data.error.message : `${response.status} ${response.statusText}`
  const remedy = response.status === 401 ? ' Give the key with --api-key or PROBESPAN_API_KEY.' : ''
  const Fault = response.status >= 500 ? NoAnswer : AskError
  throw new Fault(`${address.url} refuses: ${message}${remedy}`)
}

function urlOf({ url }: IngestAddress, path: string): URL {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return new URL(path, url)
  throw new AskError(
    `"${url}" is no address of ingest: give --url or PROBESPAN_URL one such as http://127.0.0.1:3051`,
  )
}
