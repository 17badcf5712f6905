// What a scraper asks for, from its headers: which format, and how long it waits. In: headers as HTTP has them; out:
// values. Pure.
import type { Format } from './text.ts'

export const contentTypes: Readonly<Record<Format, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/** Where a scraper does not say how long: less than Prometheus' own ten seconds. */
const usualWaitMs = 8_000
const waitMsMax = 60_000
/** For the way back, and what is between. */
const backMs = 500

/** OpenMetrics only for those who prefer it. */
export function formatOf(accept: string | undefined): Format {
  const wanted = (accept ?? '').split(',').map((part) => {
    const [type = '', ...parameters] = part.split(';').map((each) => each.trim().toLowerCase())
    const quality = parameters.find((each) => each.startsWith('q='))
    return { type, quality: quality === undefined ? 1 : Number(quality.slice(2)) }
  })
  const best = (types: readonly string[]): number =>
    Math.max(0, ...wanted.filter(({ type }) => types.includes(type)).map(({ quality }) => quality))
  const open = best(['application/openmetrics-text'])
  return open > 0 && open >= best(['text/plain', 'text/*']) ? 'openmetrics' : 'prometheus'
}

/** `header`: X-Prometheus-Scrape-Timeout-Seconds. */
export function waitMsOf(header: unknown): number {
  const seconds = typeof header === 'string' ? Number(header) : Number.NaN
  if (!(seconds > 0)) return usualWaitMs
  return Math.min(waitMsMax, Math.max(seconds * 500, seconds * 1_000 - backMs))
}
