// What would break: attributes whose value or type is not what the program meant.
import { expect, test } from 'vitest'
import type { AttributeDefinition } from '../definition/definition.ts'
import { attributeValue } from './attribute-value.ts'

const of = (more: Partial<AttributeDefinition>): AttributeDefinition => ({
  key: 'k',
  at: 'end',
  expression: 'arg0',
  ...more,
})

test.each([
  [undefined, 7, 7],
  [undefined, 'text', 'text'],
  [undefined, 18446744073709551615n, '18446744073709551615'],
  ['string', 7, '7'],
  ['boolean', 0, false],
  ['boolean', 2, true],
  ['boolean', true, true],
  ['double', 3, 3],
  ['double', '1.25', 1.25],
  ['double_bits', 4609434218613702656n, 1.5],
  ['double_bits', '-4616189618054758400', -1],
  ['double_bits', 0, 0],
] as const)('as %s, %s is %s', (type, value, expected) => {
  expect(attributeValue(value, of(type ? { type } : {}))).toBe(expected)
})

test('an enum’s names stand for its values; a value without a name stays what it is', () => {
  const names = new Map([
    ['0', 'none'],
    ['-1', 'all'],
  ])
  expect(attributeValue(0, of({ names }))).toBe('none')
  expect(attributeValue(-1, of({ names }))).toBe('all')
  expect(attributeValue(5, of({ names }))).toBe(5)
})
