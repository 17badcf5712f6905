// One question to a running ingest service, by its JSON API. The answer is checked against its wire type; what goes wrong
// is an AskError whose message says what to do.
import { apiError } from '@probespan/ingest/wire'
import type { z } from 'zod'

export type IngestAddress = { url: string; apiKey?: string }

export class AskError extends Error {}

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
