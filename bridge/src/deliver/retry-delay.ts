// How long to wait before the next attempt: twice as long after each failure, with jitter, so that bridges that lost
// the same receiver do not come back at the same moment; or what the receiver asked for. Pure.

export type RetryDelays = { firstMs: number; maxMs: number }

/** A receiver that asks for days is asked again sooner: a mistyped date must not stop delivery. */
export const retryAfterMsMax = 600_000

/** `failures` in a row, at least 1; `random` from 0 to 1. Between half and the whole of the doubled delay. */
export function retryDelayMs(delays: RetryDelays, failures: number, random: number): number {
  const wholeMs = Math.min(delays.firstMs * 2 ** (failures - 1), delays.maxMs)
  return wholeMs * (0.5 + random / 2)
}

/** The header's seconds or date, as milliseconds from `nowMs` (Unix). Undefined where there is none that can be read. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  const text = header.trim()
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), retryAfterMsMax)
}
