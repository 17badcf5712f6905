// What would break: a key that changes the program into one that nobody meant. good/every-key.bt is the program kept;
// after a change that is meant, `npx vitest run -u bridge/test/definitions` writes it anew.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { expect, test } from 'vitest'
import { definitionSchema } from '../../src/definition/json-schema.ts'
import { parseDefinition } from '../../src/definition/load.ts'
import { functionAttachPoint, renderProgram } from '../../src/definition/program.ts'

const path = (name: string): string => fileURLToPath(new URL(`good/${name}`, import.meta.url))
const text = readFileSync(path('every-key.yaml'), 'utf8')

type Maps = Record<string, Record<string, object>>

test('every key that the schema has is used', () => {
  const value = parse(text) as Maps
  const { properties = {} } = definitionSchema()
  const keysOf = (item: unknown): string[] =>
    Object.keys(
      (item as { additionalProperties?: { properties?: object } }).additionalProperties?.properties ?? {},
    )
  const used = (maps: Record<string, object> | undefined): string[] => [
    ...new Set(Object.values(maps ?? {}).flatMap((each) => Object.keys(each))),
  ]
  // A script would be there instead of what is tried here.
  expect([...Object.keys(value), 'script'].toSorted()).toEqual(Object.keys(properties).toSorted())
  expect(used(value.spans).toSorted()).toEqual(keysOf(properties.spans).toSorted())
  expect(used(value.events).toSorted()).toEqual(keysOf(properties.events).toSorted())
})

test('the program that it becomes', async () => {
  const program = renderProgram(parseDefinition(text, 'every-key.yaml'), (probe) =>
    probe.kind === 'usdt'
      ? [`usdt:/shapes:${probe.provider}:${probe.name}`]
      : [functionAttachPoint(probe, '/shapes')],
  )
  await expect(program).toMatchFileSnapshot(path('every-key.bt'))
})
