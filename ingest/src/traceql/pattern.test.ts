// Patterns as RE2 has them, and none that a user could stop the service with.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compiledPattern } from './pattern.ts'

/** On a busy machine. */
const propertyMs = 60_000

const matches = (pattern: string, text: string) => compiledPattern(pattern).test?.(text)

test.each([
  ['abc', 'abc', true],
  ['abc', 'xabcx', false],
  ['a|bc', 'bc', true],
  ['a|bc', 'abc', false],
  ['', '', true],
  ['', 'x', false],
  ['.*', '', true],
  ['.*bc', 'abc', true],
  ['ab.*', 'abc', true],
  ['.*b.*', 'abc', true],
  ['.*', 'two\nlines', true],
  ['a.c', 'a\nc', true],
  ['(?i)ABC', 'abc', true],
  ['(?P<year>\\d{4})-\\d\\d', '2026-11', true],
  ['\\Qa.c\\E', 'abc', false],
  ['[[:alpha:]]+', 'äb', false],
  ['\\pL+', 'äb', true],
  ['.', '🐦', true],
  ['a.*|b', 'b', true],
  ['x\\.*', 'x...', true],
  ['.*a|b.*', 'b1', true],
])('%s on %j: %s', (pattern, text, found) => {
  expect(matches(pattern, text)).toBe(found)
})

test.each(['[', '(', 'a**', '(?=a)', '\\1', 'a{2,1}', '(?<a', 'a)|(b'])('%s is no pattern', (pattern) => {
  expect(compiledPattern(pattern).fault).toBeTypeOf('string')
})

test('what makes other engines try for hours is told from its length', () => {
  const text = `${'a'.repeat(20_000)}!`
  expect(matches('(a+)+b', text)).toBe(false)
  expect(matches('(a|aa)+$', text)).toBe(false)
  expect(matches('(.*)*x', text)).toBe(false)
})

test('a pattern whose program is too large is refused with its size', () => {
  expect(compiledPattern('((a{30}){30}){30}').fault).toMatch(/\d/)
})

test(
  'plain words, with or without .* around, match as the same pattern does that is no plain word',
  () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '/', ' '), maxLength: 3 })
    const pattern = fc.oneof(
      fc.tuple(fc.constantFrom('', '.*'), word, fc.constantFrom('', '.*')).map((parts) => parts.join('')),
      fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join('|')),
    )
    fc.assert(
      fc.property(pattern, word, word, (given, one, other) => {
        const text = one + other
        expect(matches(given, text), given).toBe(matches(`(?:${given})`, text))
      }),
    )
  },
  propertyMs,
)
