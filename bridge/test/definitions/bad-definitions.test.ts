// What would break: a mistake in a definition that is passed over, or told so that its author cannot find or mend it.
// Each file of bad/ begins with what is to be said of it, a comment a line: FILE:LINE:COLUMN: KEY: what to do.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parseDefinition } from '../../src/definition/load.ts'
import { BridgeError } from '../../src/errors.ts'

const folder = fileURLToPath(new URL('bad/', import.meta.url))
const names = readdirSync(folder)
/** What a remedy says: what is expected, or what to do. */
const remedy = /expected|missing|leave|add it|this file has|this is no YAML/

test('there are as many mistakes as were thought of', () => {
  expect(names.length).toBeGreaterThanOrEqual(60)
})

test.each(names)('%s', (name) => {
  const text = readFileSync(folder + name, 'utf8')
  const expected = text.split('\n').flatMap((line) => (line.startsWith('# ') ? [line.slice(2)] : []))
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
