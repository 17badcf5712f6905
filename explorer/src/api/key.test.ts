import { expect, test } from 'vitest'
import { splitKey } from './key.ts'

test.each([
  ['#key=s3cret', 's3cret', ''],
  ['#key=a%2Fb%20c', 'a/b c', ''],
  ['#x=1&key=k', 'k', '#x=1'],
  ['#key=', undefined, '#key='],
  ['#key=ключ', undefined, '#key=ключ'],
  ['#other', undefined, '#other'],
  ['', undefined, ''],
])('the address %s carries the key %s and keeps %s', (hash, key, rest) => {
  expect(splitKey(hash)).toEqual({ key, rest })
})
