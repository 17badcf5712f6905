// What is left of a query that is still being typed.
import { expect, test } from 'vitest'
import { printExpression } from './print.ts'
import { conditionsOf } from './unfinished.ts'

test.each([
  ['', undefined],
  ['{', undefined],
  ['{ }', undefined],
  ['{ span.', undefined],
  ['{ span.http.method', undefined],
  ['{ span.http.method = ', undefined],
  ['{ span.http.method = "GE', undefined],
  ['{ resource.service.name = "x" && span.', 'resource.service.name = "x"'],
  ['{ resource.service.name = "x" && span.http.method =', 'resource.service.name = "x"'],
  ['{ resource.service.name = "x" && span.http.method = "GE', 'resource.service.name = "x"'],
  ['{ resource.service.name = "x" && name = }', 'resource.service.name = "x"'],
  ['{ name = && resource.service.name = "x" }', 'resource.service.name = "x"'],
  [
    '{ resource.service.name = "x" && status = 5 && kind = server && ',
    '(resource.service.name = "x") && (kind = server)',
  ],
  ['{ .a = 1 && .b = 2 }', '(.a = 1) && (.b = 2)'],
  ['{ .a = 1 && (.b = 2 || .c = 3) && ', '(.a = 1) && ((.b = 2) || (.c = 3))'],
  ['{ .a = 1 && (.b = 2 || ', '.a = 1'],
  ['{ .a = 1 || .b = 2 }', '(.a = 1) || (.b = 2)'],
  // The other side may be anything.
  ['{ .a = 1 || .b = }', undefined],
  ['{ .a = 1 && .b = 2 || .c', undefined],
  ['{ .a = 1 } | rate() by (', '.a = 1'],
  ['{ .a = 1 } >> { .b = 2 && .c', '.b = 2'],
  ['{ .a = 1 } >> { .b = 2 }', undefined],
  ['no query at all', undefined],
])('%s', (text, condition) => {
  const found = conditionsOf(text)
  expect(found && printExpression(found)).toBe(condition)
})
