// The settings of metrics from spans: their text to what counting and pushing take. Part of config.ts's table.
import { z } from 'zod'
import { age, ageMsOf } from '../retention-settings.ts'
import { sourcesOf } from '../store/store.ts'
import { sourceFilter, traceSource } from '../wire.ts'
import { labelName, spanLabelNames } from './families.ts'
import type { SpanMetricsSettings } from './span-metrics.ts'

/** Each is a label of every series, and takes a look into every span. */
export const dimensionsMax = 8
const everySource = 'all'

const listOf = (text: string): string[] => text.split(',').map((part) => part.trim())

const integer = (fallback: number, min: number, max: number) => {
  const message = `must be an integer from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,12}$/, message)
    .default(String(fallback))
    .transform(Number)
    .refine((value) => value >= min && value <= max, message)
}

const sources = z
  .string()
  .default(everySource)
  .refine(
    (text) => text === everySource || z.array(sourceFilter).safeParse(listOf(text)).success,
    `must be all, or one or more of ${sourceFilter.options.join(', ')}, separated by commas`,
  )

const dimensions = z
  .string()
  .superRefine((text, context) => {
    const mistake = dimensionMistake(listOf(text))
    if (mistake !== undefined) context.addIssue(mistake)
  })
  .optional()

function dimensionMistake(keys: readonly string[]): string | undefined {
  if (keys.length > dimensionsMax) return `must be at most ${dimensionsMax} attributes`
  const names: string[] = [...spanLabelNames, 'le']
  for (const key of keys) {
    if (key === '') return 'must be attributes, separated by commas'
    if (names.includes(labelName(key))) return `names ${key}, whose label ${labelName(key)} is taken`
    names.push(labelName(key))
  }
  return undefined
}

export const spanMetricsSettings = {
  PROBESPAN_METRICS_FROM_SPANS: z
    .enum(['true', 'false', '1', '0'], 'must be true or false')
    .default('true')
    .transform((text) => text === 'true' || text === '1'),
  PROBESPAN_METRICS_SOURCES: sources,
  PROBESPAN_METRICS_SERIES_MAX: integer(5_000, 1, 100_000),
  PROBESPAN_METRICS_SERIES_EXPIRY: age
    .default('1h')
    .refine((text) => text !== 'none', 'must be a number and s, m, h or d, as 1h'),
  PROBESPAN_METRICS_EDGES_WAITING_MAX: integer(10_000, 1, 1_000_000),
  PROBESPAN_METRICS_DIMENSIONS: dimensions,
}

type Texts = {
  PROBESPAN_METRICS_FROM_SPANS: boolean
  PROBESPAN_METRICS_SOURCES: string
  PROBESPAN_METRICS_SERIES_MAX: number
  PROBESPAN_METRICS_SERIES_EXPIRY: string
  PROBESPAN_METRICS_EDGES_WAITING_MAX: number
  PROBESPAN_METRICS_DIMENSIONS?: string | undefined
}

/** Undefined: switched off. */
export function spanMetricsOf(found: Texts): SpanMetricsSettings | undefined {
  if (!found.PROBESPAN_METRICS_FROM_SPANS) return undefined
  const { PROBESPAN_METRICS_SOURCES: chosen, PROBESPAN_METRICS_DIMENSIONS: named } = found
  const chosenSources = z
    .array(sourceFilter)
    .catch([])
    .parse(chosen === everySource ? traceSource.options : listOf(chosen))
  return {
    sources: [...new Set(chosenSources.flatMap(sourcesOf))],
    seriesMax: found.PROBESPAN_METRICS_SERIES_MAX,
    expiryMs: ageMsOf(found.PROBESPAN_METRICS_SERIES_EXPIRY) ?? Number.POSITIVE_INFINITY,
    waitingMax: found.PROBESPAN_METRICS_EDGES_WAITING_MAX,
    dimensions: named === undefined ? [] : listOf(named),
  }
}
