// What would break: a user without a list and without the reason why.
import { expect, test } from 'vitest'
import type { FileRefusal, Inventory } from './inventory.ts'
import { nothingFound } from './refusal.ts'

type Reason = FileRefusal['reading']['reason']
const refusal = (reason: Reason, detail: string): FileRefusal => ({
  file: { path: '/opt/shop', readPath: '/proc/1/root/opt/shop' },
  reading: { ok: false, reason, detail },
})
const inventory = (filesRead: number, ...refusals: FileRefusal[]): Inventory => ({
  files: [],
  refusals,
  filesRead,
})

test.each([
  [
    'no probes',
    inventory(1),
    'probe_missing',
    /has no USDT probes: none in it\..*Debian programs that have some: postgresql/,
  ],
  ['several files', inventory(9), 'probe_missing', /none in the 9 files looked into\./],
  [
    'some unread',
    inventory(9, refusal('unreadable', 'EACCES')),
    'probe_missing',
    /\(1 of them could not be read, such as \/opt\/shop: run as root\)/,
  ],
  [
    'not permitted',
    inventory(1, refusal('unreadable', 'EACCES')),
    'not_permitted',
    /cannot read \/opt\/shop \(EACCES\): run as root/,
  ],
  [
    'unreadable',
    inventory(1, refusal('unreadable', 'EIO')),
    'config_invalid',
    /cannot read \/opt\/shop \(EIO\)/,
  ],
  [
    'a script',
    inventory(1, refusal('not_elf', '#!/usr/bin/env node')),
    'config_invalid',
    /a script: give the program that runs it \(\/usr\/bin\/env\)/,
  ],
  [
    'a text',
    inventory(1, refusal('not_elf', 'hello')),
    'config_invalid',
    /no ELF file \(it begins with "hello"\)/,
  ],
  [
    'damaged',
    inventory(1, refusal('malformed', 'too short')),
    'config_invalid',
    /an ELF file, but damaged: too short/,
  ],
])('%s', (_, found, code, message) => {
  expect(nothingFound(found, '/opt/shop', undefined, [])).toMatchObject({
    code,
    message: expect.stringMatching(message),
  })
})

test('another provider than the one asked for is told', () => {
  const error = nothingFound(inventory(1), 'process 7', 'x*', ['python'])
  expect(error.message).toBe('process 7 has no probes of a provider "x*"; its providers: python')
})
