// What would break: a mistake in a definition that is passed over, or told so that its author cannot find or mend it.
// Each file of bad/ begins with what is to be said of it, a comment a line: FILE:LINE:COLUMN: KEY: what to do.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parseDefinition } from '../../src/definition/load.ts'
import { BridgeError } from '../../src/errors.ts'

const folder = fileURLToPath(new URL('bad/', import.meta.url))
const names = readdirSync(folder)
/** What a remedy says: what is expected and how it looks, or what to do. */
const remedy =
  /expected (a|an|as|at|it|one|pair|spaces|start|the|this)\b|leave (it|one|the)\b|add it to|this file has \w|this is no YAML: \w/

const read = (name: string): string => readFileSync(folder + name, 'utf8')
const expectedOf = (text: string): string[] =>
  text.split('\n').flatMap((line) => (line.startsWith('# ') ? [line.slice(2)] : []))

test('there are as many mistakes as were thought of, each of its own kind', () => {
  expect(names.length).toBeGreaterThanOrEqual(70)
  const withoutPlace = (line: string): string => line.replace(/^\S+:\d+:\d+: /, '')
  // What is said of a key, whatever stood there.
  const kinds = names.flatMap((name) => expectedOf(read(name)).map(withoutPlace))
  expect(new Set(kinds.map((line) => line.replace(/, got .*$/, ''))).size).toBeGreaterThanOrEqual(60)
})

test.each(names)('%s', (name) => {
  const text = read(name)
  const expected = expectedOf(text)
  expect(expected.length).toBeGreaterThan(0)
  expect(messageOf(text, name).split('\n')).toEqual(expected)
  for (const line of expected) {
    expect(line).toMatch(new RegExp(`^${name}:\\d+:\\d+: [^:]+: .*(${remedy.source})`))
  }
})

function messageOf(text: string, name: string): string {
  try {
    parseDefinition(text, name)
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'definition_invalid') return error.message
    throw error
  }
  throw new Error('was accepted')
}
