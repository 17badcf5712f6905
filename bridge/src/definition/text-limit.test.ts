// What would break: a text that is said to be cut where another version would have read more, or the other way round.
import { expect, test } from 'vitest'
import { definitionWith, spanDefinition } from '../../test/probe-events.ts'
import { textBytesMax } from './text-limit.ts'

test('bpftrace’s own limit: by the stack up to 0.22, then its default or its variable', () => {
  const attributes = ['a', 'b'].map((key) => ({
    key,
    at: 'start' as const,
    expression: `str(arg0) + ${key}`,
  }))
  const definition = definitionWith(spanDefinition({ attributes }))
  const limit = (minor: number, variables = {}): number =>
    textBytesMax(definition, { major: 0, minor, patch: 0 }, variables)
  expect(limit(17)).toBeGreaterThan(30)
  expect(limit(17)).toBeLessThan(100)
  expect(limit(17, { BPFTRACE_MAX_STRLEN: '300' })).toBe(limit(17))
  expect([limit(23), limit(27)]).toEqual([1022, 1022])
  expect(textBytesMax(definitionWith(), { major: 0, minor: 17, patch: 0 }, {})).toBe(Infinity)
  expect(limit(27, { BPFTRACE_MAX_STRLEN: '300' })).toBe(298)
})
