// The options of Node that ingest wants stand where nothing of it can be imported: in what runs before there are
// packages, and in its image. Here they are held together.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { nodeOptions } from '../src/heap.ts'

const textOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test('ingest is started with its options by the command line and in its image', () => {
  const listed = nodeOptions.map((option) => `'${option}'`).join(', ')
  expect(textOf('cli/setup/run.mjs')).toContain(`ingest: [${listed}]`)
  const command = ['node', ...nodeOptions, 'ingest/src/main.ts'].map((word) => `"${word}"`).join(', ')
  expect(textOf('compose/Dockerfile.ingest')).toContain(`CMD [${command}]`)
  expect(textOf('ingest/README.md')).toContain(`node ${nodeOptions.join(' ')} src/main.ts`)
})
