// What would break: starts that find no room in the kernel although there is memory for them, or maps that take all of a
// small container's.
import { expect, test } from 'vitest'
import { mapKeysOf, mapKeysVariables } from './kernel-maps.ts'
import { parseDefinition } from './load.ts'

const version = (minor: number) => ({ major: 0, minor, patch: 0 })
const paired = (spans: number, match: string, pair = 'kernel') =>
  parseDefinition(
    `name: s\nprovider: p\npair: ${pair}\nspans:\n${Array.from(
      { length: spans },
      (_, index) => `  s${index}: { start: a${index}, end: b${index}, match: ${match} }\n`,
    ).join('')}`,
    'x',
  )

test('as many as the bridge itself holds open, where they fit', () => {
  expect(mapKeysOf(paired(1, 'arg0'), version(17), 2)).toBe(100_000)
  expect(mapKeysOf(paired(1, 'str(arg0)'), version(17), 2)).toBe(100_000)
  expect(mapKeysOf(paired(3, 'arg0'), version(27), 8)).toBe(100_000)
})

test('fewer where strings are long, spans many, or CPUs', () => {
  const ofString = mapKeysOf(paired(1, 'str(arg0)'), version(27), 2) ?? 0
  expect(ofString).toBeGreaterThan(40_000)
  expect(ofString).toBeLessThan(100_000)
  expect(mapKeysOf(paired(6, 'str(arg0)'), version(27), 2)).toBeLessThan(ofString / 5)
  expect(mapKeysOf(paired(1, 'arg0'), version(27), 256)).toBeLessThan(60_000)
})

test('never fewer than bpftrace’s own default; nothing where nothing is paired in the kernel', () => {
  expect(mapKeysOf(paired(40, 'str(arg0)'), version(27), 64)).toBe(4096)
  expect(mapKeysOf(paired(1, 'arg0', 'bridge'), version(27), 2)).toBeUndefined()
})

test('by the name that a version knows; by both where it changed', () => {
  const old = ['BPFTRACE_MAP_KEYS_MAX', 'BPFTRACE_MAX_MAP_KEYS']
  for (const minor of [17, 20, 22]) expect(mapKeysVariables(version(minor))).toEqual(old)
  for (const minor of [23, 27]) expect(mapKeysVariables(version(minor))).toEqual(['BPFTRACE_MAX_MAP_KEYS'])
})
