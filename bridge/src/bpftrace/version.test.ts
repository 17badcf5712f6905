// What would break: events released too early on versions whose buffers deliver out of order.
import { expect, test } from 'vitest'
import { argumentsMax, lengthCountsZero, parseVersion, reorderWindowMs, versionText } from './version.ts'

test.each([
  ['bpftrace v0.17.0\n', '0.17.0'],
  ['bpftrace v0.23.2', '0.23.2'],
  ['bpftrace v0.27.1\nLLVM 19', '0.27.1'],
  ['bpftrace v0.21.0-44-g9b1f', '0.21.0'],
  ['bpftrace v1.0', '1.0.0'],
])('%j', (output, expected) => {
  expect(versionText(parseVersion(output)!)).toBe(expected)
})

test.each(['', 'bpftrace', 'command not found'])('no version: %j', (output) => {
  expect(parseVersion(output)).toBeUndefined()
})

test('per-CPU buffers, up to 0.18: a script needs a window beyond the 109 ms that were seen; the ring buffer a small one', () => {
  const window = (text: string, isScript: boolean) => reorderWindowMs(parseVersion(text)!, isScript)
  expect([window('0.17.0', true), window('0.18.1', true)]).toEqual([250, 250])
  expect([window('0.17.0', false), window('0.18.1', false)]).toEqual(['told', 'told'])
  for (const isScript of [true, false]) {
    const windows = ['0.19.0', '0.23.2', '0.27.1', '1.0.0'].map((text) => window(text, isScript))
    expect(windows).toEqual([50, 50, 50, 50])
  }
})

test('from 0.23 a text with a length is read one letter short', () => {
  const counts = (text: string): boolean => lengthCountsZero(parseVersion(text)!)
  expect(['0.17.0', '0.22.0', '0.23.2', '0.27.1'].map(counts)).toEqual([false, false, true, true])
})

test('up to 0.23 as many arguments are read as a function has in registers', () => {
  const max = (text: string, architecture: string): number => argumentsMax(parseVersion(text)!, architecture)
  expect([max('0.17.0', 'x64'), max('0.23.2', 'x64'), max('0.23.2', 'arm64')]).toEqual([6, 6, 8])
  expect([max('0.24.0', 'x64'), max('1.0.0', 'x64'), max('0.17.0', 'mips')]).toEqual([
    Infinity,
    Infinity,
    Infinity,
  ])
})
