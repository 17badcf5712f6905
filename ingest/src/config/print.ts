// The settings in force as YAML, each with where it comes from, secrets hidden; and the flags as --help lists them.
// What is printed can be read as a configuration file again, once the secrets are put back.
import { Document } from 'yaml'
import type { Given } from './layers.ts'
import { settingName } from './layers.ts'
import type { SourceRule } from '../tag/trace-source.ts'
import type { PlacedEntry } from './destinations.ts'

export type InForce = {
  /** By variable; undefined where it is not set and has no default. */
  values: Readonly<Record<string, unknown>>
  given: ReadonlyMap<string, Given>
  sourceRules: readonly SourceRule[]
  destinations: readonly PlacedEntry[]
}

const hidden = '(hidden)'

export function printedSettings(
  { values, given, sourceRules, destinations }: InForce,
  secrets: ReadonlySet<string>,
): string {
  const document = new Document({})
  document.commentBefore = ' probespan ingest: the settings in force, and where each comes from'
  for (const [variable, value] of Object.entries(values)) {
    if (value === undefined || variable === 'PROBESPAN_CONFIG') continue
    const secret = secrets.has(variable) && given.has(variable)
    const node = document.createNode(secret ? hidden : value)
    node.comment = ` ${given.get(variable)?.origin ?? 'default'}`
    document.set(settingName(variable), node)
  }
  if (sourceRules.length > 0) document.set('trace-sources', sourceRules.map(printedRule))
  if (destinations.length > 0) document.set('destinations', destinations.map(printedDestination))
  return document.toString({ lineWidth: 0 })
}

function printedRule({ source, attribute, names }: SourceRule): object {
  return attribute === undefined
    ? { source, scope: names }
    : { source, 'resource-attribute': attribute, is: names }
}

/** Headers and the query of an address may hold keys; references to where a key stands do not. */
function printedDestination({ entry }: PlacedEntry): object {
  const headers = Object.entries(entry.headers).map(([name, value]) => [
    name,
    typeof value === 'string' ? hidden : value,
  ])
  const endpoint = new URL(entry.endpoint).search === '' ? entry.endpoint : hidden
  return { ...entry, endpoint, headers: Object.fromEntries(headers) }
}

export function flagList(
  variables: readonly string[],
  defaults: Readonly<Record<string, unknown>>,
  secrets: ReadonlySet<string>,
): string {
  const rows = variables
    .filter((variable) => !secrets.has(variable))
    .map((variable) => {
      const standard = defaults[variable]
      const shown =
        standard === undefined
          ? ''
          : `  (${typeof standard === 'string' ? standard : JSON.stringify(standard)})`
      return `  --${settingName(variable).padEnd(30)} ${variable}${shown}`
    })
  return [
    'probespan ingest: receives, stores and shows OpenTelemetry traces.',
    '',
    'Each setting as flag, as variable, and its default. Flags win over variables, those over the file --config names.',
    ...rows,
    `  --${'print-config'.padEnd(30)} prints the settings in force, and ends`,
    '',
    `Secrets are set by variable or file only: ${[...secrets].join(', ')}.`,
    'Lists stand in the file only: trace-sources, destinations.',
    'ingest/README.md says what each setting means.',
    '',
  ].join('\n')
}
