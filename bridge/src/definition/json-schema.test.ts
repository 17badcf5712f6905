// What would break: an editor that completes keys which the bridge refuses, or marks a good pack as wrong. After a
// change of schema.ts, `npx vitest run -u bridge/src/definition/json-schema.test.ts` writes the published file anew.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as prettier from 'prettier'
import { expect, test } from 'vitest'
import { definitionSchema } from './json-schema.ts'

const packsFolder = fileURLToPath(new URL('../../../scripts-bt/', import.meta.url))
const published = `${packsFolder}definition.schema.json`

test('the published schema is the one that definitions are read by', async () => {
  const options = await prettier.resolveConfig(published)
  const text = await prettier.format(JSON.stringify(definitionSchema()), { ...options, parser: 'json' })
  await expect(text).toMatchFileSnapshot(published)
})

test.each(readdirSync(packsFolder).filter((name) => name.endsWith('.yaml')))(
  '%s tells editors which schema it has',
  (name) => {
    const [first] = readFileSync(packsFolder + name, 'utf8').split('\n')
    expect(first).toBe('# yaml-language-server: $schema=definition.schema.json')
  },
)
