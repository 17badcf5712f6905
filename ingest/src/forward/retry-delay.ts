// How long to wait before the next attempt: 1 s, 2 s, 4 s … 60 s, less up to a fifth by chance, so that many who lost
// the same destination do not all come back at once; longer where the destination says so, up to an hour. Pure.

const firstWaitMs = 1_000
const waitMsMax = 60_000
/** A mistyped date must not stop forwarding for days. */
export const askedWaitMsMax = 3_600_000

/** `attempt` counts from 0; `random` from 0 to 1. */
export function backoffMs(attempt: number, random: number): number {
  return Math.min(firstWaitMs * 2 ** attempt, waitMsMax) * (1 - random / 5)
}

export function waitMs(attempt: number, askedMs: number | undefined, random: number): number {
  return Math.max(backoffMs(attempt, random), Math.min(askedMs ?? 0, askedWaitMsMax))
}

/** The header's seconds or date, from now on; undefined where it is neither. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,7}$/.test(header.trim())) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}
