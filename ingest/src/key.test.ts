import { expect, test } from 'vitest'
import { createKeyCheck } from './key.ts'

const check = createKeyCheck('kéy-1')

test.each([
  [{ 'x-api-key': 'kéy-1' }],
  [{ authorization: 'Bearer kéy-1' }],
  [{ authorization: 'bearer   kéy-1 ' }],
])('%o enters', (headers) => {
  expect(() => check(headers)).not.toThrow()
})

test.each([
  [{}, 'X-API-Key'],
  [{ authorization: 'Basic kéy-1' }, 'X-API-Key'],
  [{ 'x-api-key': '' }, 'TRACES_INGESTION_API_KEY'],
  [{ 'x-api-key': 'kéy-12' }, 'TRACES_INGESTION_API_KEY'],
  [{ 'x-api-key': 'KÉY-1' }, 'TRACES_INGESTION_API_KEY'],
  // The header that is there counts, even where another would have been right.
  [{ 'x-api-key': 'wrong', authorization: 'Bearer kéy-1' }, 'TRACES_INGESTION_API_KEY'],
])('%o does not, and is told %s', (headers, told) => {
  expect(() => check(headers)).toThrow(told)
  expect(() => check(headers)).not.toThrow('kéy-1')
})

test('where no key is set everyone enters', () => {
  expect(() => createKeyCheck(undefined)({})).not.toThrow()
})
