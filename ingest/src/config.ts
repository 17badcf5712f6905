// Flags, environment variables and the configuration file (config/layers.ts) to a typed configuration. All mistakes are
// found at once and reported in one StartFault; values of secrets are not repeated in messages.
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Key, RateLimit } from './access/key.ts'
import type { WatchedKeys } from './access/watched-keys.ts'
import type { AuditConfig } from './audit/audit.ts'
import { readLayers } from './config/layers.ts'
import { destinationsOf, endpoint } from './config/destinations.ts'
import { headersText } from './config/headers-text.ts'
import { flagList, printedSettings } from './config/print.ts'
import type { InForce } from './config/print.ts'
import { exposureMistake, readReferences } from './config/references.ts'
import type { References } from './config/references.ts'
import { StartFault } from './faults.ts'
import { anyLag, everySpan, usualDestination, usualTls } from './forward/destination.ts'
import type { Destination } from './forward/destination.ts'
import {
  intakeBytesMax,
  intakePerRequestMin,
  questionMs,
  questionSpansMax,
  requestBytesMax,
  requestBytesRange,
} from './limits.ts'
import { anyOrigin } from './receive/cors.ts'
import { retentionOf, retentionSettings } from './retention-settings.ts'
import { pushOf, pushSettings } from './spanmetrics/push-settings.ts'
import type { MetricsPush } from './spanmetrics/push-settings.ts'
import { spanMetricsOf, spanMetricsSettings } from './spanmetrics/settings.ts'
import type { SpanMetricsSettings } from './spanmetrics/span-metrics.ts'
import type { Retention } from './store/retention.ts'
import type { SourceRule } from './tag/trace-source.ts'
import type { TlsFiles, UsableCertificate } from './listen/tls.ts'

/** A port beside the service's own. `standard`: nobody asked for it, so that it may be taken by another program. */
export type ExtraPort = { port: number; standard: boolean }

export type IngestConfig = {
  host: string
  port: number
  /** Undefined: switched off. */
  otlpHttp: ExtraPort | undefined
  otlpGrpc: ExtraPort | undefined
  /** SQLite file. */
  databasePath: string
  retention: Retention
  explorerDir: string
  /** Undefined: the listeners speak without TLS. */
  tls: { files: TlsFiles; options: UsableCertificate } | undefined
  ingestionEnabled: boolean
  /** None: everyone may do everything. */
  keys: readonly Key[]
  /** Where `keys` come from, where that may change. */
  keysFile: WatchedKeys | undefined
  /** Of keys that have no rate of their own, and of everyone where there are no keys. */
  rate: RateLimit
  /** Of one request, as sent and as unpacked. */
  requestBytesMax: number
  /** Bytes of requests that are held at one time. */
  intakeBytesMax: number
  /** What one question to the store may take. */
  questionLimits: { ms: number; spans: number }
  /** Of web pages that may send spans. */
  corsOrigins: readonly string[]
  /** The user's own rules of who sent a span, before the standard ones. */
  sourceRules: readonly SourceRule[]
  /** Spans a second of ingest's own requests and jobs; undefined: they are not traced. */
  ownSpansPerS: number | undefined
  /** Undefined: queries are not audited. */
  audit: AuditConfig | undefined
  logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug'
  /** Undefined: switched off. */
  spanMetrics: SpanMetricsSettings | undefined
  /** Undefined: they are only there to be scraped. */
  metricsPush: MetricsPush | undefined
  /** None: nothing is forwarded. */
  destinations: readonly Destination[]
}

const builtExplorer = fileURLToPath(new URL('../../explorer/dist', import.meta.url))

const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0'], 'must be true or false')
    .default(fallback ? 'true' : 'false')
    .transform((text) => text === 'true' || text === '1')

const optionalInteger = (min: number, max: number) => {
  const message = `must be an integer from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,12}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message)
    .optional()
}

const integer = (fallback: number, min: number, max: number) => optionalInteger(min, max).default(fallback)

const portOrOff = (standard: number) => {
  const message = 'must be a port from 0 to 65535, or off'
  return z
    .string()
    .regex(/^(off|\d{1,5})$/, message)
    .default(String(standard))
    .transform((text) => (text === 'off' ? text : Number(text)))
    .refine((port) => port === 'off' || port <= 65_535, message)
}

const origins = z
  .string()
  .transform((text) => text.split(',').map((origin) => origin.trim()))
  .refine(
    (list) => list.every((origin) => origin === anyOrigin || isOrigin(origin)),
    `must be origins as browsers write them, separated by commas, as https://shop.example,http://localhost:8080; or ${anyOrigin}`,
  )
  .optional()

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text
}

export const settings = z.object({
  PROBESPAN_CONFIG: z.string().optional(),
  PROBESPAN_HOST: z.string().default('127.0.0.1'),
  PROBESPAN_PORT: integer(3051, 0, 65_535),
  PROBESPAN_OTLP_HTTP_PORT: portOrOff(4318),
  PROBESPAN_OTLP_GRPC_PORT: portOrOff(4317),
  PROBESPAN_DB: z.string().default('.data/probespan.db'),
  ...retentionSettings,
  PROBESPAN_EXPLORER_DIR: z.string().default(builtExplorer),
  PROBESPAN_LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
  PROBESPAN_OWN_TRACES: flag(true),
  PROBESPAN_OWN_SPANS_PER_S: integer(100, 1, 100_000),
  PROBESPAN_AUDIT_FILE: z.string().optional(),
  // Off: a full disk would take away the means to look into why it is full.
  PROBESPAN_AUDIT_REQUIRED: flag(false),
  // On unless switched off: taking traces is what this service is for. (In the dashboard that these variables come
  // from, ingestion is one optional part among many, and off.) An open door needs a key: see exposureMistake.
  TRACES_INGESTION_ENABLED: flag(true),
  TRACES_INGESTION_API_KEY: z.string().optional(),
  PROBESPAN_KEYS_FILE: z.string().optional(),
  PROBESPAN_TLS_CERT: z.string().optional(),
  PROBESPAN_TLS_KEY: z.string().optional(),
  PROBESPAN_TLS_CLIENT_CA: z.string().optional(),
  PROBESPAN_RATE_REQUESTS_PER_S: optionalInteger(1, 999_999_999),
  PROBESPAN_RATE_BYTES_PER_S: optionalInteger(1, 999_999_999_999),
  PROBESPAN_REQUEST_BYTES_MAX: integer(requestBytesMax, requestBytesRange.min, requestBytesRange.max),
  PROBESPAN_INTAKE_BYTES_MAX: integer(intakeBytesMax, intakePerRequestMin * requestBytesRange.min, 2 ** 36),
  PROBESPAN_CORS_ORIGINS: origins,
  PROBESPAN_QUERY_TIMEOUT_MS: integer(questionMs, 10, 600_000),
  PROBESPAN_QUERY_SPANS_MAX: integer(questionSpansMax, 10_000, 100_000_000_000),
  ...spanMetricsSettings,
  ...pushSettings,
  OTEL_EXPORTER_ENABLED: flag(false),
  OTEL_EXPORTER_ENDPOINT: endpoint.optional(),
  OTEL_EXPORTER_HEADERS: headersText,
  OTEL_EXPORTER_BATCH_SIZE: integer(100, 1, 8_000),
  OTEL_EXPORTER_FLUSH_INTERVAL_MS: integer(5_000, 10, 3_600_000),
})

const secrets = new Set([
  'TRACES_INGESTION_API_KEY',
  'PROBESPAN_METRICS_OTLP_ENDPOINT',
  'PROBESPAN_METRICS_OTLP_HEADERS',
  'OTEL_EXPORTER_HEADERS',
  'OTEL_EXPORTER_ENDPOINT',
])

export type Settings = z.infer<typeof settings>
type Environment = Record<string, string | undefined>

/** `args` are the command line's. Throws StartFault `config_invalid` that lists every mistake. */
export function readConfig(env: Environment, args: readonly string[] = []): IngestConfig {
  const settings = readSettings(env, args)
  const { given, sourceRules, forwardTo } = settings
  return {
    ...configOf(settings.values, (name) => given.has(name)),
    ...settings.references,
    sourceRules,
    destinations: forwardTo,
  }
}

/** The settings in force as YAML, without their secrets. Throws as `readConfig` does. */
export function printConfig(env: Environment, args: readonly string[]): string {
  return printedSettings(readSettings(env, args), secrets)
}

export function helpText(): string {
  return flagList(Object.keys(settings.shape), settings.parse({}), secrets)
}

function readSettings(
  env: Environment,
  args: readonly string[],
): InForce & { values: Settings; references: References; forwardTo: Destination[] } {
  const variables = Object.keys(settings.shape)
  const { given, sourceRules, destinations, mistakes } = readLayers(env, args, { variables, secrets })
  const texts = new Map([...given].map(([variable, { text }]) => [variable, text]))
  const parsed = settings.safeParse(Object.fromEntries(texts))
  for (const { path, message } of parsed.error?.issues ?? []) {
    const name = String(path[0])
    const { text = '', origin = name } = given.get(name) ?? {}
    mistakes.push(`${origin} ${message}${secrets.has(name) ? '' : ` (it is ${JSON.stringify(text)})`}`)
    texts.delete(name)
  }
  // Where a value is wrong its default stands in, so that what depends on the others is checked too.
  const values = parsed.data ?? settings.parse(Object.fromEntries(texts))
  const references = readReferences(values, mistakes)
  const { TRACES_INGESTION_API_KEY: apiKey, PROBESPAN_KEYS_FILE: keysFile } = values
  const keyed = apiKey !== undefined || keysFile !== undefined
  const exposed = exposureMistake({ host: values.PROBESPAN_HOST, keyed })
  if (exposed !== undefined) mistakes.push(exposed)
  if (values.OTEL_EXPORTER_ENABLED && !given.has('OTEL_EXPORTER_ENDPOINT')) {
    mistakes.push('OTEL_EXPORTER_ENDPOINT must be set, since OTEL_EXPORTER_ENABLED is true')
  }
  const first = exporterOf(values)
  const others = destinationsOf(
    destinations,
    first.map(({ name }) => name),
    env,
    mistakes,
  )
  const { PROBESPAN_REQUEST_BYTES_MAX: requestBytes, PROBESPAN_INTAKE_BYTES_MAX: intakeBytes } = values
  if (intakeBytes < intakePerRequestMin * requestBytes) {
    mistakes.push(
      `PROBESPAN_INTAKE_BYTES_MAX (${intakeBytes}) must be at least ${intakePerRequestMin} times ` +
        `PROBESPAN_REQUEST_BYTES_MAX (${requestBytes})`,
    )
  }
  if (values.PROBESPAN_AUDIT_REQUIRED && [undefined, 'log'].includes(values.PROBESPAN_AUDIT_FILE)) {
    mistakes.push(
      'PROBESPAN_AUDIT_REQUIRED is true, so PROBESPAN_AUDIT_FILE must name a file: whether the log was written is not known',
    )
  }
  if (values.PROBESPAN_METRICS_OTLP_ENDPOINT !== undefined && !values.PROBESPAN_METRICS_FROM_SPANS) {
    mistakes.push('PROBESPAN_METRICS_OTLP_ENDPOINT is set, but PROBESPAN_METRICS_FROM_SPANS is false')
  }
  mistakes.push(...portsTwice(values, given))
  if (mistakes.length > 0) throw invalid(mistakes)
  return { values, given, sourceRules, destinations, references, forwardTo: [...first, ...others] }
}

const portVariables = ['PROBESPAN_PORT', 'PROBESPAN_OTLP_HTTP_PORT', 'PROBESPAN_OTLP_GRPC_PORT'] as const

function portsTwice(values: Settings, given: InForce['given']): string[] {
  const asked = portVariables.filter(
    (name) => given.has(name) && values[name] !== 0 && values[name] !== 'off',
  )
  return asked.flatMap((name, at) => {
    const same = asked.slice(0, at).find((other) => values[other] === values[name])
    return same === undefined ? [] : [`${same} and ${name} are both ${values[name]}`]
  })
}

function configOf(
  found: Settings,
  isSet: (name: string) => boolean,
): Omit<IngestConfig, 'sourceRules' | 'destinations' | keyof References> {
  return {
    host: found.PROBESPAN_HOST,
    port: found.PROBESPAN_PORT,
    otlpHttp: extraPort(found, 'PROBESPAN_OTLP_HTTP_PORT', isSet),
    otlpGrpc: extraPort(found, 'PROBESPAN_OTLP_GRPC_PORT', isSet),
    databasePath: resolve(found.PROBESPAN_DB),
    retention: retentionOf(found),
    explorerDir: resolve(found.PROBESPAN_EXPLORER_DIR),
    ingestionEnabled: found.TRACES_INGESTION_ENABLED,
    requestBytesMax: found.PROBESPAN_REQUEST_BYTES_MAX,
    intakeBytesMax: found.PROBESPAN_INTAKE_BYTES_MAX,
    questionLimits: { ms: found.PROBESPAN_QUERY_TIMEOUT_MS, spans: found.PROBESPAN_QUERY_SPANS_MAX },
    corsOrigins: found.PROBESPAN_CORS_ORIGINS ?? [],
    ownSpansPerS: found.PROBESPAN_OWN_TRACES ? found.PROBESPAN_OWN_SPANS_PER_S : undefined,
    audit: auditOf(found),
    logLevel: found.PROBESPAN_LOG_LEVEL,
    spanMetrics: spanMetricsOf(found),
    metricsPush: pushOf(found),
  }
}

function auditOf(found: Settings): AuditConfig | undefined {
  const { PROBESPAN_AUDIT_FILE: file, PROBESPAN_AUDIT_REQUIRED: required } = found
  if (file === undefined) return undefined
  return { target: file === 'log' ? file : { path: resolve(file) }, required }
}

/** The one destination that variables configure; its name is that of its cursor. */
function exporterOf(found: Settings): Destination[] {
  if (!found.OTEL_EXPORTER_ENABLED || found.OTEL_EXPORTER_ENDPOINT === undefined) return []
  return [
    {
      name: 'otlp',
      protocol: 'http/protobuf',
      endpoint: found.OTEL_EXPORTER_ENDPOINT,
      headers: found.OTEL_EXPORTER_HEADERS,
      compression: 'none',
      tls: usualTls,
      batchSpansMax: found.OTEL_EXPORTER_BATCH_SIZE,
      flushIntervalMs: found.OTEL_EXPORTER_FLUSH_INTERVAL_MS,
      timeoutMs: usualDestination.timeoutMs,
      choice: everySpan,
      lagLimit: anyLag,
      refusedBytesMax: usualDestination.refusedBytesMax,
    },
  ]
}

function extraPort(
  found: Settings,
  variable: 'PROBESPAN_OTLP_HTTP_PORT' | 'PROBESPAN_OTLP_GRPC_PORT',
  isSet: (name: string) => boolean,
): ExtraPort | undefined {
  const port = found[variable]
  const standard = !isSet(variable)
  // The service itself may have been put on a standard port.
  if (port === 'off' || (standard && port === found.PROBESPAN_PORT)) return undefined
  return { port, standard }
}

export function invalid(mistakes: readonly string[]): StartFault {
  return new StartFault('config_invalid', `the configuration has mistakes:\n${mistakes.map(line).join('\n')}`)
}

const line = (mistake: string): string => `  - ${mistake}.`
