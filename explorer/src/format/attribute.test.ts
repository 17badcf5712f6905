import { expect, test } from 'vitest'
import { showValue } from './attribute.ts'

test('an integer beyond 2^53 is shown digit by digit', () => {
  expect(showValue({ intValue: '9223372036854775807' })).toEqual({ type: 'int', text: '9223372036854775807' })
})

test('a string is shown as it is, and false, zero and the empty string are values', () => {
  expect(showValue({ stringValue: 'a "b"' }).text).toBe('a "b"')
  expect(showValue({ boolValue: false })).toEqual({ type: 'bool', text: 'false' })
  expect(showValue({ doubleValue: 0 })).toEqual({ type: 'double', text: '0' })
  expect(showValue({ doubleValue: '-Infinity' }).text).toBe('-Infinity')
  expect(showValue({ stringValue: '' })).toEqual({ type: 'string', text: '' })
  expect(showValue({})).toEqual({ type: 'empty', text: '' })
})

test('arrays and maps are shown with their nested values', () => {
  const list = { values: [{ stringValue: 'x' }, { intValue: '1' }, {}] }
  expect(showValue({ arrayValue: list })).toEqual({ type: 'array', text: '["x", 1, null]' })
  expect(showValue({ kvlistValue: { values: [{ key: 'k', value: { arrayValue: list } }] } }).text).toBe(
    '{"k": ["x", 1, null]}',
  )
})

test('a value nested without end is cut and says so', () => {
  let value = {}
  for (let depth = 0; depth < 10_000; depth++) value = { arrayValue: { values: [value] } }
  expect(showValue(value).text).toContain('nested too deeply')
})
