// A file of named keys, YAML or JSON, to keys. In: its path and the rate of keys that name none; out: the keys, or every
// mistake with its line. No message repeats a key.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { traceSource } from '../wire.ts'
import { readYaml } from '../config/yaml-document.ts'
import type { YamlPath } from '../config/yaml-document.ts'
import { digestOf, permissions } from './key.ts'
import type { Key, RateLimit } from './key.ts'

export type KeyFile = { ok: true; keys: Key[] } | { ok: false; mistakes: string[] }

export const keysMax = 1_000
const perSecond = z.int('must be a whole number').min(1, 'must be at least 1').optional()

const entry = z
  .strictObject(
    {
      name: z.string('must be a text').min(1, 'must not be empty').max(100, 'must have at most 100 letters'),
      key: z.string('must be a text, in quotes where it is a number').min(1, 'must not be empty').optional(),
      sha256: z
        .string('must be a text')
        .regex(/^[\da-f]{64}$/i, 'must be 64 hex digits')
        .optional(),
      may: z
        .array(z.enum(permissions), `must be a list of ${permissions.join(', ')}`)
        .min(1, 'must not be empty'),
      'trace-source': z
        .enum(traceSource.options, `must be one of ${traceSource.options.join(', ')}`)
        .optional(),
      'service-namespace': z.string('must be a text').min(1, 'must not be empty').optional(),
      'requests-per-s': perSecond,
      'bytes-per-s': perSecond,
    },
    'must be a key with a name, key or sha256, and may',
  )
  .refine(
    ({ key, sha256 }) => (key === undefined) !== (sha256 === undefined),
    'must have either key or sha256',
  )

const keyFile = z.strictObject(
  {
    keys: z
      .array(entry, 'must be a list')
      .min(1, 'must hold at least one key')
      .max(keysMax, `must hold at most ${keysMax}`),
  },
  'must hold a list of keys under "keys:"',
)

export function readKeyFile(path: string, standard: RateLimit): KeyFile {
  try {
    return parseKeyFile(path, readFileSync(path, 'utf8'), standard)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { ok: false, mistakes: [`the file of keys cannot be read: ${reason}`] }
  }
}

export function parseKeyFile(path: string, text: string, standard: RateLimit): KeyFile {
  const read = readYaml(path, text, keyFile)
  if (!read.ok) return read
  const keys = read.value.keys.map((entry) => keyOf(entry, standard))
  const mistakes = repetitions(keys, read.placeOf)
  return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, keys }
}

function keyOf(entry: z.infer<typeof keyFile>['keys'][number], standard: RateLimit): Key {
  return {
    name: entry.name,
    sha256: entry.sha256 === undefined ? digestOf(entry.key ?? '') : Buffer.from(entry.sha256, 'hex'),
    may: entry.may,
    source: entry['trace-source'],
    namespace: entry['service-namespace'],
    rate: {
      requestsPerS: entry['requests-per-s'] ?? standard.requestsPerS,
      bytesPerS: entry['bytes-per-s'] ?? standard.bytesPerS,
    },
  }
}

/** The same key twice would have two names; the same name twice could not be told apart in a log. */
function repetitions(keys: readonly Key[], placeOf: (path: YamlPath) => string): string[] {
  const mistakes: string[] = []
  const seen = new Set<string>()
  for (const [index, { name, sha256 }] of keys.entries()) {
    const place = placeOf(['keys', index])
    const digest = `key ${sha256.toString('hex')}`
    if (seen.has(`name ${name}`))
      mistakes.push(`${place}: keys[${index}] has the name "${name}" of another key`)
    if (seen.has(digest)) mistakes.push(`${place}: keys[${index}] ("${name}") is the same key as another one`)
    seen.add(`name ${name}`).add(digest)
  }
  return mistakes
}
