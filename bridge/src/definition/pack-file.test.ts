// What would break: a pack that is looked for where it is not, or a user who is not told what there is.
import { dirname, isAbsolute } from 'node:path'
import { expect, test } from 'vitest'
import { packPath, schemaFrom, unreadablePack } from './pack-file.ts'

test('a name is one of the project’s, anything else a path', () => {
  expect(packPath('demo')).toMatch(/\/scripts-bt\/demo\.yaml$/)
  for (const path of ['demo.yaml', './demo', '/srv/demo', '../x.yaml']) expect(packPath(path)).toBe(path)
})

test('a pack that is none: those that there are, and how a file is named', () => {
  const words = unreadablePack(packPath('postgre'), 'ENOENT')
  expect(words).toMatch(/^there is no pack "postgre" \(.*: demo, .*postgres, .*; a file is named by its path/)
  expect(unreadablePack(packPath('demo'), 'EACCES')).toMatch(/cannot read .*demo\.yaml \(EACCES\)/)
  expect(unreadablePack('./x.yaml', 'ENOENT')).toMatch(
    /cannot read the definition file \.\/x\.yaml \(ENOENT\)/,
  )
})

test('a file names the schema as it sees it; from far away by its whole path', () => {
  expect(schemaFrom(dirname(packPath('demo')))).toBe('definition.schema.json')
  expect(schemaFrom(dirname(dirname(packPath('demo'))))).toBe('scripts-bt/definition.schema.json')
  const far = schemaFrom('/a/b/c/d/e/f/g')
  expect([isAbsolute(far), far]).toEqual([
    true,
    expect.stringMatching(/scripts-bt\/definition\.schema\.json$/),
  ])
})
