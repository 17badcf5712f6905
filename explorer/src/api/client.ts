// A path of ingest's JSON API in; its answer out, or an ApiFailure that says what happened in the server's own words.
// The page comes from the same process as the API, so an answer is checked for its outermost shape only.
import type { ApiError } from '@probespan/ingest/wire'
import { currentKey, refuseKey } from './key.ts'

/** A bound on waiting for one answer: a large trace on a busy machine takes a few seconds. */
const timeoutMs = 30_000

export class ApiFailure extends Error {
  override name = 'ApiFailure'
  /** HTTP status; 0 where no answer came. */
  readonly status: number
  /** The server's code, or one of `unreachable`, `timeout`, `unreadable_answer`. */
  readonly code: string
  constructor(status: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
    this.code = code
  }
}

/**
 * `isAnswer` knows the answer by its outermost shape. What is asked `again` asks not to be traced: a list that refreshes
 * itself would fill with its own requests.
 */
export async function getAnswer<Answer>(
  path: string,
  isAnswer: (body: unknown) => body is Answer,
  signal: AbortSignal,
  again = false,
): Promise<Answer> {
  const key = currentKey()
  const response = await send(path, key, signal, again)
  const body = await readJson(response)
  if (!response.ok) throw failureOf(response, body, key)
  if (!isAnswer(body)) {
    throw new ApiFailure(
      response.status,
      'unreadable_answer',
      `${path} answered ${response.status} with something other than its answer. Is ${location.origin} a probespan ingest service?`,
    )
  }
  return body
}

async function send(
  path: string,
  key: string | undefined,
  signal: AbortSignal,
  again: boolean,
): Promise<Response> {
  try {
    return await fetch(path, {
      headers: {
        ...(key !== undefined && { 'X-API-Key': key }),
        ...(again && { traceparent: `00-${randomHex(16)}-${randomHex(8)}-00` }),
      },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
  } catch (cause) {
    if (signal.aborted) throw cause
    if (cause instanceof DOMException && cause.name === 'TimeoutError') {
      const message = `No answer to ${path} within ${timeoutMs / 1_000} s. Ingest may be overloaded: try again, or ask for less.`
      throw new ApiFailure(0, 'timeout', message, { cause })
    }
    const message = `${location.origin} cannot be reached. Is ingest running? "probespan ingest" starts it.`
    throw new ApiFailure(0, 'unreachable', message, { cause })
  }
}

function randomHex(bytes: number): string {
  const numbers = [...crypto.getRandomValues(new Uint8Array(bytes))]
  return numbers.map((number) => number.toString(16).padStart(2, '0')).join('')
}

/** Undefined where the body is not JSON. */
async function readJson(response: Response): Promise<unknown> {
  const text = await response.text()
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function failureOf(response: Response, body: unknown, key: string | undefined): ApiFailure {
  const { code, message } = isApiError(body)
    ? body.error
    : {
        code: 'unreadable_answer',
        message: `${response.url} answered ${response.status} ${response.statusText}`,
      }
  if (response.status === 401) refuseKey(key, message)
  return new ApiFailure(response.status, code, message)
}

function isApiError(body: unknown): body is ApiError {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false
  const error = body.error
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string' &&
    'message' in error &&
    typeof error.message === 'string'
  )
}
