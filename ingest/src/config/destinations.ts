// Destinations of spans as the configuration file lists them, under `destinations:`. In: entries as they stand there; out:
// destinations, with what their headers and certificates refer to, or mistakes with their places. No message repeats a
// header's value.
import { readFileSync } from 'node:fs'
import { validateHeaderName, validateHeaderValue } from 'node:http'
import { z } from 'zod'
import { compressions, protocols, usualDestination } from '../forward/destination.ts'
import type { Destination } from '../forward/destination.ts'
import { age, ageMsOf, size, sizeBytesOf } from '../retention-settings.ts'
import { sourcesOf } from '../store/store.ts'
import { sourceFilter } from '../wire.ts'
import { destinationTls } from './destination-tls.ts'

export const destinationsMax = 100
const listMax = 1_000

const text = (words: string) => z.string(words).min(1, 'must not be empty')
const integer = (min: number, max: number) => {
  const words = `must be a whole number from ${min} to ${max}`
  return z.int(words).min(min, words).max(max, words)
}

const header = z.union(
  [
    z.string(),
    z.strictObject({ env: text('must be a name') }),
    z.strictObject({ file: text('must be a path') }),
  ],
  'must be a text, or { env: VARIABLE }, or { file: PATH }',
)

/** Also of the one destination that variables configure. */
export const endpoint = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL', abort: true })
  .refine((url) => !hasUser(url), 'must not hold a user and password: send them as a header')

const hasUser = (url: string): boolean => {
  if (!URL.canParse(url)) return false
  const { username, password } = new URL(url)
  return username !== '' || password !== ''
}

export const destinationEntry = z
  .strictObject(
    {
      name: z
        .string('must be a text')
        .regex(/^[a-z0-9][\w.-]{0,62}$/i, 'must be 1 to 63 letters, digits, dots, hyphens and underscores'),
      endpoint,
      protocol: z.enum(protocols, `must be one of ${protocols.join(', ')}`).default('http/protobuf'),
      headers: z.record(z.string(), header, 'must be a map of headers').default({}),
      compression: z.enum(compressions, `must be one of ${compressions.join(', ')}`).default('none'),
      'ca-file': text('must be a path').optional(),
      'cert-file': text('must be a path').optional(),
      'key-file': text('must be a path').optional(),
      'batch-size': integer(1, 8_000).default(usualDestination.batchSpansMax),
      'flush-interval-ms': integer(10, 3_600_000).default(usualDestination.flushIntervalMs),
      'timeout-ms': integer(100, 600_000).default(usualDestination.timeoutMs),
      sources: z
        .array(
          z.enum(sourceFilter.options, `must be one of ${sourceFilter.options.join(', ')}`),
          'must be a list',
        )
        .min(1, 'must not be empty')
        .optional(),
      services: z
        .array(text('must be a text'), 'must be a list')
        .min(1, 'must not be empty')
        .max(listMax, `must have at most ${listMax}`)
        .optional(),
      'lag-limit': z
        .strictObject(
          { spans: integer(1, 1e12).optional(), bytes: size.optional(), age: age.optional() },
          'must have spans, bytes or age',
        )
        .default({}),
      'refused-bytes': size.default(`${usualDestination.refusedBytesMax / 2 ** 20}MiB`),
    },
    'must be a destination with a name and an endpoint',
  )
  .refine(({ protocol, endpoint }) => protocol !== 'grpc' || hasNoPath(endpoint), {
    path: ['endpoint'],
    message: 'must be scheme, host and port alone, since its protocol is grpc',
  })

const hasNoPath = (url: string): boolean => {
  if (!URL.canParse(url)) return true
  const { pathname, search } = new URL(url)
  return pathname === '/' && search === ''
}

export type DestinationEntry = z.infer<typeof destinationEntry>
/** `place` is how messages name it. */
export type PlacedEntry = { entry: DestinationEntry; place: string }

type Environment = Readonly<Record<string, string | undefined>>

/** `taken` are names of other destinations. Mistakes are added to the caller's list. */
export function destinationsOf(
  entries: readonly PlacedEntry[],
  taken: readonly string[],
  env: Environment,
  mistakes: string[],
): Destination[] {
  const names = new Set(taken)
  return entries.map(({ entry, place }) => {
    const tell = (mistake: string): void =>
      void mistakes.push(`${place}: destination "${entry.name}": ${mistake}`)
    if (names.has(entry.name)) tell('another destination has the same name')
    names.add(entry.name)
    return {
      name: entry.name,
      protocol: entry.protocol,
      endpoint: entry.endpoint,
      headers: headersOf(entry, env, tell),
      compression: entry.compression,
      tls: destinationTls(entry, tell),
      batchSpansMax: entry['batch-size'],
      flushIntervalMs: entry['flush-interval-ms'],
      timeoutMs: entry['timeout-ms'],
      choice: {
        sources: entry.sources && [...new Set(entry.sources.flatMap(sourcesOf))],
        services: entry.services,
      },
      lagLimit: {
        spans: entry['lag-limit'].spans,
        bytes: sizeBytesOf(entry['lag-limit'].bytes),
        ageMs: ageMsOf(entry['lag-limit'].age),
      },
      refusedBytesMax: sizeBytesOf(entry['refused-bytes']) ?? Number.MAX_SAFE_INTEGER,
    }
  })
}

function headersOf(
  { headers, protocol }: DestinationEntry,
  env: Environment,
  tell: (mistake: string) => void,
): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, given] of Object.entries(headers)) {
    const value = headerText(given, env)
    if ('missing' in value) tell(`the header ${name} cannot be read: ${value.missing}`)
    else found[name] = value.text
  }
  for (const mistake of headerMistakes(found, protocol === 'grpc')) tell(mistake)
  return found
}

function headerText(given: z.infer<typeof header>, env: Environment): { text: string } | { missing: string } {
  if (typeof given === 'string') return { text: given }
  if ('env' in given) {
    const text = env[given.env]
    return text === undefined || text === '' ? { missing: `${given.env} is not set` } : { text }
  }
  try {
    // Files of secrets usually end with a line break.
    return { text: readFileSync(given.file, 'utf8').trim() }
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) }
  }
}

/** Names and values that cannot be sent; values, which may be keys, are not repeated. */
export function headerMistakes(headers: Readonly<Record<string, string>>, isGrpc = false): string[] {
  return Object.entries(headers)
    .filter(([name, value]) => (isGrpc ? !isMetadata(name, value) : !isHeader(name, value)))
    .map(([name]) => `the header ${JSON.stringify(name)} has letters that a header cannot have`)
}

function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    return true
  } catch {
    return false
  }
}

/** Names that end so have bytes as values. */
const isMetadata = (name: string, value: string): boolean =>
  /^[\w.-]+$/.test(name) && !/-bin$/i.test(name) && /^[ -~]*$/.test(value)
