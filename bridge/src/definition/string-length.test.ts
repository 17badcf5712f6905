// What would break: a program that asks for a letter less than it needs to know whether a text was cut, or an
// expression whose meaning is changed by it.
import { expect, test } from 'vitest'
import { textBytesOf, withOneMore } from './string-length.ts'

test.each([
  ['str(arg0, 32)', 'str(arg0, 33)', 32],
  [' str ( *(uint64*)(arg1 + 8) , 199 ) ', ' str ( *(uint64*)(arg1 + 8) , 200 ) ', 199],
  ['str(arg0)', 'str(arg0)', Infinity],
  ['str(arg0, arg1)', 'str(arg0, arg1)', Infinity],
  ['arg1 ? str(arg0, 8) : "none"', 'arg1 ? str(arg0, 8) : "none"', Infinity],
  ['arg0', 'arg0', undefined],
  ['usym(arg0)', 'usym(arg0)', undefined],
])('%s', (expression, asked, bytes) => {
  expect(withOneMore(expression)).toBe(asked)
  expect(textBytesOf({ key: 'k', at: 'start', expression })).toBe(bytes)
})

test('a value that is made of a text is none that could be cut', () => {
  const attribute = { key: 'k', at: 'start', expression: 'str(arg0, 4)' } as const
  expect(textBytesOf({ ...attribute, type: 'int' })).toBeUndefined()
  expect(textBytesOf({ ...attribute, names: new Map([['a', 'alpha']]) })).toBeUndefined()
  expect(textBytesOf({ ...attribute, type: 'string' })).toBe(4)
})
