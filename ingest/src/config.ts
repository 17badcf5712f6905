// Environment variables to a typed configuration. All mistakes are found at once and reported in one StartFault;
// values of secrets are not repeated in messages. An empty variable counts as not set (compose files write those).
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { StartFault } from './faults.ts'
import { retentionOf, retentionSettings } from './retention-settings.ts'
import type { Retention } from './store/retention.ts'

export type ForwardConfig = {
  endpoint: string
  headers: Record<string, string>
  batchSpansMax: number
  flushIntervalMs: number
}

export type IngestConfig = {
  host: string
  port: number
  /** SQLite file. */
  databasePath: string
  retention: Retention
  explorerDir: string
  ingestionEnabled: boolean
  apiKey: string | undefined
  logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug'
  /** Absent: nothing is forwarded. */
  forward: ForwardConfig | undefined
}

const builtExplorer = fileURLToPath(new URL('../../explorer/dist', import.meta.url))

const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0'], 'must be true or false')
    .default(fallback ? 'true' : 'false')
    .transform((text) => text === 'true' || text === '1')

const integer = (fallback: number, min: number, max: number) => {
  const message = `must be an integer from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .default(String(fallback))
    .transform(Number)
    .refine((value) => value >= min && value <= max, message)
}

const headers = z
  .string()
  .default('{}')
  .transform((text, context) => {
    const parsed = z.record(z.string(), z.string()).safeParse(jsonOr(text, undefined))
    if (parsed.success) return parsed.data
    // The text is not repeated: it usually holds a key.
    context.addIssue('must be a JSON object of strings, as {"Authorization":"Bearer …"}')
    return z.NEVER
  })

export const settings = z.object({
  PROBESPAN_HOST: z.string().default('127.0.0.1'),
  PROBESPAN_PORT: integer(3051, 0, 65_535),
  PROBESPAN_DB: z.string().default('.data/probespan.db'),
  ...retentionSettings,
  PROBESPAN_EXPLORER_DIR: z.string().default(builtExplorer),
  PROBESPAN_LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
  // On unless switched off: taking traces is what this service is for. (In the dashboard that these variables come
  // from, ingestion is one optional part among many, and off.) An open door needs a key: see exposureMistake.
  TRACES_INGESTION_ENABLED: flag(true),
  TRACES_INGESTION_API_KEY: z.string().optional(),
  OTEL_EXPORTER_ENABLED: flag(false),
  OTEL_EXPORTER_ENDPOINT: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  OTEL_EXPORTER_HEADERS: headers,
  OTEL_EXPORTER_BATCH_SIZE: integer(100, 1, 8_000),
  OTEL_EXPORTER_FLUSH_INTERVAL_MS: integer(5_000, 10, 3_600_000),
})

const secrets = new Set(['TRACES_INGESTION_API_KEY', 'OTEL_EXPORTER_HEADERS', 'OTEL_EXPORTER_ENDPOINT'])

/** Throws StartFault `config_invalid` that lists every mistake. */
export function readConfig(env: Record<string, string | undefined>): IngestConfig {
  const set = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = settings.safeParse(set)
  if (!parsed.success) {
    throw invalid(
      parsed.error.issues.map(({ path, message }) => {
        const name = String(path[0])
        const shown = secrets.has(name) ? '' : ` (it is ${JSON.stringify(set[name])})`
        return `${name} ${message}${shown}`
      }),
    )
  }
  const found = parsed.data
  const mistakes: string[] = []
  const exposed = exposureMistake({ host: found.PROBESPAN_HOST, apiKey: found.TRACES_INGESTION_API_KEY })
  if (exposed !== undefined) mistakes.push(exposed)
  if (found.OTEL_EXPORTER_ENABLED && found.OTEL_EXPORTER_ENDPOINT === undefined) {
    mistakes.push('OTEL_EXPORTER_ENDPOINT must be set, since OTEL_EXPORTER_ENABLED is true')
  }
  if (mistakes.length > 0) throw invalid(mistakes)
  return configOf(found)
}

function configOf(found: z.infer<typeof settings>): IngestConfig {
  const { OTEL_EXPORTER_ENABLED: forwarding, OTEL_EXPORTER_ENDPOINT: endpoint } = found
  return {
    host: found.PROBESPAN_HOST,
    port: found.PROBESPAN_PORT,
    databasePath: resolve(found.PROBESPAN_DB),
    retention: retentionOf(found),
    explorerDir: resolve(found.PROBESPAN_EXPLORER_DIR),
    ingestionEnabled: found.TRACES_INGESTION_ENABLED,
    apiKey: found.TRACES_INGESTION_API_KEY,
    logLevel: found.PROBESPAN_LOG_LEVEL,
    forward:
      forwarding && endpoint !== undefined
        ? {
            endpoint,
            headers: found.OTEL_EXPORTER_HEADERS,
            batchSpansMax: found.OTEL_EXPORTER_BATCH_SIZE,
            flushIntervalMs: found.OTEL_EXPORTER_FLUSH_INTERVAL_MS,
          }
        : undefined,
  }
}

/** Traces hold URLs, queries and names: without a key they are for this machine only. */
export function exposureMistake({ host, apiKey }: Pick<IngestConfig, 'host' | 'apiKey'>): string | undefined {
  if (apiKey !== undefined || isLoopback(host)) return undefined
  return (
    `PROBESPAN_HOST is ${host}, which other machines can reach, but TRACES_INGESTION_API_KEY is not set: ` +
    'anyone there could read and write traces. Set a key, or PROBESPAN_HOST=127.0.0.1'
  )
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

export function invalid(mistakes: readonly string[]): StartFault {
  return new StartFault('config_invalid', `the configuration has mistakes:\n${mistakes.map(line).join('\n')}`)
}

const line = (mistake: string): string => `  - ${mistake}.`

function jsonOr(text: string, fallback: unknown): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return fallback
  }
}
