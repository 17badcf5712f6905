// What would break: a user who looks up an exit code or a setting in the README and finds something else than the
// program does.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { BridgeError, bridgeErrors, type BridgeErrorCode } from './errors.ts'
import { readDefinition } from './definition/meaning.ts'

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')
const readme = read('../README.md')

/** The rows of the table below the heading, cell by cell. */
function table(heading: string): string[][] {
  const section = readme.split(/^## /m).find((each) => each.startsWith(heading)) ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('| '))
  return rows.slice(1).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}
const codeNames = (cells: string): string[] =>
  [...cells.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name = '']) => name)

test('the README lists every exit code with its meaning, and no other', () => {
  const documented = table('Exit codes').map(([exitCode, code, when]) => [Number(exitCode), code, when])
  const actual = Object.entries(bridgeErrors).map(([code, { exitCode, when }]) => [
    exitCode,
    `\`${code}\``,
    when,
  ])
  expect(documented).toEqual([[0, '', expect.anything()], ...actual])
})

test('every error has an exit code of its own, clear of the shell’s and Node’s', () => {
  const exitCodes = Object.values(bridgeErrors).map((each) => each.exitCode)
  expect(new Set(exitCodes).size).toBe(exitCodes.length)
  for (const exitCode of exitCodes) expect([0, 1, 126, 127, 128]).not.toContain(exitCode)
  for (const code of Object.keys(bridgeErrors) as BridgeErrorCode[]) {
    expect(new BridgeError(code, 'm').exitCode).toBe(bridgeErrors[code].exitCode)
  }
})

test('the README lists every environment variable that the bridge reads, and no other', () => {
  // What OpenTelemetry defines, but for the endpoints, is largely read by its own code.
  const isExporters = (name: string): boolean => /^OTEL_EXPORTER_OTLP_(?!(TRACES_)?ENDPOINT)/.test(name)
  const inSource = [...read('config.ts').matchAll(/\benv\.([A-Z_]+)/g)].map(([, name = '']) => name)
  const inReadme = table('Settings').flatMap(([variable = '']) => codeNames(variable))
  const ours = (names: string[]): string[] => [...new Set(names.filter((name) => !isExporters(name)))].sort()
  expect(ours(inReadme)).toEqual(ours(inSource))
  expect(inReadme).toEqual(expect.arrayContaining(inSource))
  expect(inReadme).toContain('OTEL_EXPORTER_OTLP_HEADERS')
})

test('the README lists every flag', () => {
  const flags = [...read('config.ts').matchAll(/^ {2}(\w+)\?: (?:string|Repeatable)$/gm)].map(
    ([, name = '']) => name,
  )
  const asFlag = (name: string): string =>
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  const documented = table('Settings').flatMap(([, flag = '']) => flag.match(/--[a-z-]+/g) ?? [])
  const inConfig = flags.filter(
    (name) => !['recordPath', 'replayPath'].includes(name) && name !== 'serviceName',
  )
  expect(documented.sort()).toEqual([...new Set([...inConfig.map(asFlag), '--service-name'])].sort())
})

test('the README lists every key of a definition', () => {
  const unknown = (value: unknown): string[] => {
    const issues = readDefinition(value)
    if (!Array.isArray(issues)) return []
    const [, keys = ''] =
      /unknown key, expected one of (.*)/.exec(issues.map((each) => each.message).join('\n')) ?? []
    return keys.split(', ')
  }
  const documented = table('Definitions').map(([key = '']) => key.replaceAll('`', ''))
  const ofFile = unknown({ unknown: 1 })
  const ofSpan = unknown({ name: 'a', provider: 'b', spans: { c: { unknown: 1 } } })
  expect(documented).toEqual([...ofFile, ...ofSpan.map((key) => `spans.NAME.${key}`)])
})
