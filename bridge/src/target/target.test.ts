// What would break: a target that is not the one the user named.
import { expect, test } from 'vitest'
import { knowsNone, parseInspect } from './engine.ts'
import { readSelection, selectionText } from './target.ts'

test('each flag selects its kind, none nothing', () => {
  expect(readSelection({})).toBeUndefined()
  expect(readSelection({ pid: '12' })).toEqual({ kind: 'pid', pid: 12 })
  expect(readSelection({ exe: '/opt/*/x' })).toEqual({ kind: 'executable', pattern: '/opt/*/x' })
  expect(readSelection({ container: 'shop-1' })).toEqual({ kind: 'container', name: 'shop-1' })
})

test.each([
  [{ pid: '0' }, /--pid is "0": give a process id/],
  [{ pid: '-1' }, /--pid is "-1"/],
  [{ pid: '1e3' }, /--pid is "1e3"/],
  [{ exe: '' }, /--exe is empty/],
  [{ container: '--privileged' }, /--container is "--privileged": give the name or id/],
  [{ container: 'a b' }, /--container is "a b"/],
  [{ pid: '1', exe: '/x' }, /exclude each other/],
  [{ pid: 'x', container: 'y' }, /exclude each other.*\n.*--pid is "x"/],
])('%j is refused', (flags, message) => {
  expect(() => readSelection(flags)).toThrow(message)
})

test('a selection reads as the user knows it', () => {
  expect(selectionText({ kind: 'pid', pid: 7 })).toBe('process 7')
  expect(selectionText({ kind: 'executable', pattern: '/x' })).toBe('/x')
  expect(selectionText({ kind: 'container', name: 'c' })).toBe('container c')
})

test('what docker and podman inspect print', () => {
  const id = 'a1'.repeat(32)
  expect(parseInspect(`${id} true\n`)).toEqual({ id, running: true })
  expect(parseInspect(`${id} false`)).toEqual({ id, running: false })
  expect(parseInspect('')).toBeUndefined()
  expect(parseInspect('Error: no such container x')).toBeUndefined()
})

test.each([
  ['Error: No such container: x', true],
  ['Error response from daemon: No such container: x', true],
  ['Error: no such container x', true],
  ['Error: no such object: "x"', true],
  ['Cannot connect to the Docker daemon at unix:///var/run/docker.sock.', false],
])('%j tells that there is none: %j', (stderr, expected) => {
  expect(knowsNone(stderr)).toBe(expected)
})
