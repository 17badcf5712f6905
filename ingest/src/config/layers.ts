// Where settings come from: flags win over environment variables, those over the configuration file, that over the
// defaults. In: the three; out: for each variable the text that counts and how messages name it; and all mistakes.
import { parseArgs } from 'node:util'
import { noConfigFile, readConfigFile } from './config-file.ts'
import type { ConfigFile } from './config-file.ts'

export type Given = { text: string; origin: string }
export type Layers = Pick<ConfigFile, 'sourceRules' | 'destinations' | 'mistakes'> & {
  given: Map<string, Given>
}

export type SettingNames = {
  variables: readonly string[]
  /** These have no flag: everyone on a machine sees what programs are started with. */
  secrets: ReadonlySet<string>
}

const configVariable = 'PROBESPAN_CONFIG'
/** Flags that are questions, not settings: main.ts answers them. */
export const questions = ['help', 'print-config'] as const

/** PROBESPAN_OTLP_HTTP_PORT is `--otlp-http-port`, and `otlp-http-port` in the file. */
export function settingName(variable: string): string {
  return variable
    .replace(/^PROBESPAN_/, '')
    .toLowerCase()
    .replaceAll('_', '-')
}

export function readLayers(
  env: Record<string, string | undefined>,
  args: readonly string[],
  { variables, secrets }: SettingNames,
): Layers {
  const mistakes: string[] = []
  const flags = readFlags(args, { variables, secrets }, mistakes)
  const given = new Map<string, Given>()
  for (const variable of variables) {
    const text = env[variable]
    // Compose files write variables that are empty.
    if (text !== undefined && text !== '') given.set(variable, { text, origin: variable })
  }
  for (const [variable, flag] of flags) given.set(variable, flag)
  const path = given.get(configVariable)?.text
  const inFile = variables.filter((variable) => variable !== configVariable)
  const file = path === undefined ? noConfigFile : readConfigFile(path, inFile.map(settingName))
  mistakes.push(...file.mistakes)
  const variableOf = new Map(inFile.map((variable) => [settingName(variable), variable]))
  for (const { name, text, place } of file.settings) {
    const variable = variableOf.get(name)
    if (variable !== undefined && !given.has(variable))
      given.set(variable, { text, origin: `${place}: ${name}` })
  }
  return { given, sourceRules: file.sourceRules, destinations: file.destinations, mistakes }
}

function readFlags(
  args: readonly string[],
  { variables, secrets }: SettingNames,
  mistakes: string[],
): Map<string, Given> {
  const variableOf = new Map(variables.map((variable) => [settingName(variable), variable]))
  const options = Object.fromEntries([
    ...[...variableOf.keys()].map((name) => [name, { type: 'string' }] as const),
    ...questions.map((name) => [name, { type: 'boolean' }] as const),
  ])
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const found = new Map<string, Given>()
  for (const token of tokens) {
    if (token.kind === 'positional') mistakes.push(`"${token.value}" is no flag`)
    if (token.kind !== 'option' || questions.some((name) => name === token.name)) continue
    const variable = variableOf.get(token.name)
    if (variable === undefined)
      mistakes.push(`${token.rawName} is no flag of this program: --help lists them`)
    else if (secrets.has(variable)) {
      mistakes.push(
        `${token.rawName} would show a secret to everyone on this machine: set ${variable}, or ${token.name} in the ` +
          'configuration file',
      )
    } else if (token.value === undefined || token.value === '')
      mistakes.push(`${token.rawName} needs a value`)
    else found.set(variable, { text: token.value, origin: token.rawName })
  }
  return found
}
