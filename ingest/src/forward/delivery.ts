// One request to the destination: OTLP/HTTP protobuf, and what its answer means. Takes at most `deliveryTimeoutMs`.
import { exportResponseType } from '../otlp/schema.ts'

export type Delivery =
  | { outcome: 'taken'; rejectedSpans: number; message: string }
  /** Later again; `waitMs` is what the destination asked for. */
  | { outcome: 'retry'; reason: string; waitMs: number | undefined }
  /** The destination will never take it. */
  | { outcome: 'refused'; reason: string }

export type Destination = { endpoint: string; headers: Record<string, string> }

export const deliveryTimeoutMs = 30_000
const reasonCharsMax = 200
/** The specification's; every other status is permanent. */
const retryable = new Set([429, 502, 503, 504])

export async function deliver(to: Destination, body: Buffer, stopped: AbortSignal): Promise<Delivery> {
  try {
    const response = await fetch(to.endpoint, {
      method: 'POST',
      headers: { ...to.headers, 'content-type': 'application/x-protobuf' },
      body: new Uint8Array(body),
      // A redirect would carry the headers, and the key in them, elsewhere.
      redirect: 'manual',
      signal: AbortSignal.any([stopped, AbortSignal.timeout(deliveryTimeoutMs)]),
    })
    const answer = Buffer.from(await response.arrayBuffer())
    if (response.ok) return { outcome: 'taken', ...partialSuccess(answer) }
    const reason = `${response.status} ${answer.toString('utf8').slice(0, reasonCharsMax)}`.trim()
    if (!retryable.has(response.status)) return { outcome: 'refused', reason }
    return { outcome: 'retry', reason, waitMs: retryAfterMs(response.headers.get('retry-after'), Date.now()) }
  } catch (error) {
    return { outcome: 'retry', reason: networkReason(error), waitMs: undefined }
  }
}

/** Retry-After is seconds or a date. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined
  if (/^\d{1,7}$/.test(header.trim())) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}

function partialSuccess(answer: Buffer): { rejectedSpans: number; message: string } {
  try {
    const { partialSuccess: partial } = exportResponseType.decode(answer).toJSON()
    return {
      rejectedSpans: Number(partial?.rejectedSpans ?? 0),
      message: String(partial?.errorMessage ?? ''),
    }
  } catch {
    // Some destinations answer 200 with a text or JSON of their own: the spans are taken all the same.
    return { rejectedSpans: 0, message: '' }
  }
}

function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
