import { expect, test } from 'vitest'
import { digestOf, fullGrant } from './key.ts'
import type { Key } from './key.ts'
import { createKeyRing } from './key-ring.ts'

const everyone = fullGrant('everyone', { requestsPerS: undefined, bytesPerS: undefined })
const keyOf = (name: string, text: string, may: Key['may']): Key => ({
  ...everyone,
  name,
  may,
  sha256: digestOf(text),
})
const ring = createKeyRing(
  [keyOf('sender', 'kéy-1', ['write']), keyOf('both', 'key-2', ['write', 'read'])],
  everyone,
)

const basic = (credentials: string): string => `Basic ${Buffer.from(credentials).toString('base64')}`

test.each([
  [{ 'x-api-key': 'kéy-1' }, 'sender'],
  [{ authorization: 'Bearer kéy-1' }, 'sender'],
  [{ authorization: basic('anyone:kéy-1') }, 'sender'],
  [{ authorization: 'bearer   key-2 ' }, 'both'],
])('%o enters as %s', (headers, name) => {
  expect(ring.grantOf(headers, 'write').name).toBe(name)
})

test.each([
  [{}, 'X-API-Key'],
  [{ authorization: 'Basic kéy-1' }, 'X-API-Key'],
  [{ authorization: basic('kéy-1:') }, 'X-API-Key'],
  [{ authorization: basic('kéy-1:other') }, 'none of those'],
  [{ 'x-api-key': '' }, 'none of those'],
  [{ 'x-api-key': 'kéy-12' }, 'none of those'],
  [{ 'x-api-key': 'KÉY-1' }, 'none of those'],
  [{ 'x-api-key': digestOf('kéy-1').toString('hex') }, 'none of those'],
  // The header that is there counts, even where another would have been right.
  [{ 'x-api-key': 'wrong', authorization: 'Bearer kéy-1' }, 'none of those'],
])('%o does not, and is told %s', (headers, told) => {
  expect(() => ring.grantOf(headers, 'write')).toThrow(told)
  expect(() => ring.grantOf(headers, 'write')).not.toThrow('kéy-1')
})

test('a key does only what it may, and its name is told', () => {
  expect(() => ring.grantOf({ 'x-api-key': 'kéy-1' }, 'read')).toThrow(
    '"sender" may not read them here, only send',
  )
  expect(() => ring.grantOf({ 'x-api-key': 'key-2' }, 'admin')).toThrow('"both" may not administer')
})

test('where no key is set everyone enters; replaced keys count at once, and only they', () => {
  const changing = createKeyRing([], everyone)
  expect(changing.grantOf({}, 'admin')).toBe(everyone)
  changing.replace([keyOf('new', 'new-key', ['read'])])
  expect(() => changing.grantOf({}, 'read')).toThrow('X-API-Key')
  expect(changing.grantOf({ 'x-api-key': 'new-key' }, 'read').name).toBe('new')
  changing.replace([keyOf('newer', 'newer-key', ['read'])])
  expect(() => changing.grantOf({ 'x-api-key': 'new-key' }, 'read')).toThrow('none of those')
})
