// The house's own rules, as far as a machine can hold them: which room may import which, how long a file may be,
// what a file is called, and that it says at its top what it is.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const project = fileURLToPath(new URL('../../', import.meta.url))
/** What a room's sources may import of ours. The command line also starts the others; it knows them by these names. */
const allowed: Readonly<Record<string, string[]>> = {
  bridge: [],
  ingest: [],
  explorer: ['@probespan/ingest/wire'],
  'usdt-demo': [],
  cli: [
    '@probespan/bridge',
    '@probespan/bridge/bench',
    '@probespan/ingest',
    '@probespan/ingest/bench',
    '@probespan/ingest/bench/query',
    '@probespan/ingest/main',
    '@probespan/ingest/wire',
    '@probespan/usdt-demo',
  ],
}
const fileLinesMax = 400

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: project,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => /\.(ts|tsx|mjs|c)$/.test(path) && existsSync(project + path))
const read = (path: string): string => readFileSync(project + path, 'utf8')

test('there are files to look at', () => {
  expect(files.length).toBeGreaterThan(50)
})

test.each(Object.entries(allowed))('%s imports of ours only what it may', (room, mayImport) => {
  const sources = files.filter((path) => path.startsWith(`${room}/src/`) && !path.includes('.test.'))
  const imports = sources.flatMap((path) =>
    [...read(path).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, name = '']) => ({ path, name })),
  )
  const outside = imports.filter(({ path, name }) => {
    if (name.startsWith('@probespan/')) return !mayImport.includes(name)
    // So many steps up lead out of the room.
    return name.startsWith('../'.repeat(path.split('/').length - 1))
  })
  expect(outside).toEqual([])
})

test('the page takes nothing but types from ingest', () => {
  const sources = files.filter((path) => path.startsWith('explorer/src/'))
  const values = sources.filter((path) => /^import (?!type ).*'@probespan\//m.test(read(path)))
  expect(values).toEqual([])
})

test('no file is too long to read', () => {
  expect(files.filter((path) => read(path).split('\n').length > fileLinesMax)).toEqual([])
})

test('files are named by what they hold', () => {
  const misnamed = files.filter((path) => {
    const name = basename(path)
    const form = path.endsWith('.tsx')
      ? /^([A-Z][A-Za-z]*|[a-z][a-z-]*)(\.test)?\.tsx$/
      : /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*\.(ts|mjs|c)$/
    return !form.test(name) || /\b(utils?|helpers?|common|manager|misc)\b/.test(name)
  })
  expect(misnamed).toEqual([])
})

test('every source file says at its top what it is', () => {
  const sources = files.filter((path) => !/\.test\.tsx?$/.test(path))
  const silent = sources.filter((path) => !/^(#!.*\n)?\s*(\/\/|\/\*)/.test(read(path)))
  expect(silent).toEqual([])
})

test('nothing is left to be done later', () => {
  const marks = new RegExp(`\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\\b`)
  expect(files.filter((path) => marks.test(read(path)))).toEqual([])
})
