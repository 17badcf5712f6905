// The configuration file: every setting under its flag's name, and what no variable can hold, the lists. In: a path;
// out: texts of settings with their places, and the lists; or the mistakes.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { SourceRule } from '../tag/trace-source.ts'
import { traceSource } from '../wire.ts'
import { destinationEntry, destinationsMax } from './destinations.ts'
import type { PlacedEntry } from './destinations.ts'
import { readYaml } from './yaml-document.ts'

export type ConfigFile = {
  /** Texts as a variable would hold them, by setting name, with `file:line`. */
  settings: { name: string; text: string; place: string }[]
  sourceRules: SourceRule[]
  destinations: PlacedEntry[]
  mistakes: string[]
}

export const noConfigFile: ConfigFile = { settings: [], sourceRules: [], destinations: [], mistakes: [] }

const rulesMax = 100
const texts = z
  .union(
    [z.string().min(1), z.array(z.string().min(1)).min(1).max(rulesMax)],
    'must be a text, or a list of texts',
  )
  .transform((value) => (typeof value === 'string' ? [value] : value))

const sourceRule = z
  .union(
    [
      z.strictObject({ source: traceSource, 'resource-attribute': z.string().min(1), is: texts }),
      z.strictObject({ source: traceSource, scope: texts }),
    ],
    `must have a source (${traceSource.options.join(', ')}), and either scope, or resource-attribute and is`,
  )
  .transform((rule): SourceRule => {
    if ('scope' in rule) return { source: rule.source, attribute: undefined, names: rule.scope }
    return { source: rule.source, attribute: rule['resource-attribute'], names: rule.is }
  })

// A record is what OTEL_EXPORTER_HEADERS holds as JSON, a list of records what PROBESPAN_RETENTION_RULES does; a list of
// texts is what a variable holds with commas between them.
const record = z.record(z.string(), z.string())
const settingValue = z.union(
  [
    z.string(),
    z.number(),
    z.boolean(),
    record,
    z.array(record),
    z.array(z.string()).transform((list) => list.join(',')),
  ],
  'must be a text, a number, true or false',
)

/** `names` are the settings that a file may have. */
export function readConfigFile(path: string, names: readonly string[]): ConfigFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { ...noConfigFile, mistakes: [`the configuration file cannot be read: ${reason}`] }
  }
  const schema = z.strictObject({
    'trace-sources': z.array(sourceRule).max(rulesMax).default([]),
    destinations: z.array(destinationEntry, 'must be a list').max(destinationsMax).default([]),
    ...Object.fromEntries(names.map((name) => [name, settingValue.optional()])),
  })
  const read = readYaml(path, text, schema)
  if (!read.ok) return { ...noConfigFile, mistakes: read.mistakes }
  const { 'trace-sources': sourceRules, destinations, ...settings } = read.value
  return {
    settings: Object.entries(settings).map(([name, value]) => ({
      name,
      text: typeof value === 'string' ? value : JSON.stringify(value),
      place: read.placeOf([name]),
    })),
    sourceRules,
    destinations: destinations.map((entry, index) => ({
      entry,
      place: read.placeOf(['destinations', index]),
    })),
    mistakes: [],
  }
}
