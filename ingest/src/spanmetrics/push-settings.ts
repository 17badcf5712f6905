// The settings of pushing metrics to a collector: their text to what the push takes. Part of config.ts's table.
import { z } from 'zod'
import { endpoint } from '../config/destinations.ts'
import { headersText } from '../config/headers-text.ts'

export type MetricsPush = {
  /** The whole URL of an OTLP/HTTP receiver of metrics. */
  endpoint: string
  headers: Readonly<Record<string, string>>
  intervalMs: number
}

const intervalRange = { min: 100, max: 3_600_000 }
const intervalWords = `must be an integer from ${intervalRange.min} to ${intervalRange.max}`

export const pushSettings = {
  PROBESPAN_METRICS_OTLP_ENDPOINT: endpoint.optional(),
  PROBESPAN_METRICS_OTLP_HEADERS: headersText,
  PROBESPAN_METRICS_OTLP_INTERVAL_MS: z
    .string()
    .regex(/^\d{1,12}$/, intervalWords)
    .default('60000')
    .transform(Number)
    .refine((value) => value >= intervalRange.min && value <= intervalRange.max, intervalWords),
}

type Texts = {
  PROBESPAN_METRICS_OTLP_ENDPOINT?: string | undefined
  PROBESPAN_METRICS_OTLP_HEADERS: Readonly<Record<string, string>>
  PROBESPAN_METRICS_OTLP_INTERVAL_MS: number
}

/** Undefined: nothing is pushed. */
export function pushOf(found: Texts): MetricsPush | undefined {
  const { PROBESPAN_METRICS_OTLP_ENDPOINT: url } = found
  if (url === undefined) return undefined
  return {
    endpoint: url,
    headers: found.PROBESPAN_METRICS_OTLP_HEADERS,
    intervalMs: found.PROBESPAN_METRICS_OTLP_INTERVAL_MS,
  }
}
