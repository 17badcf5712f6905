// What a query makes a store read, and when a span alone is enough.
import { expect, test } from 'vitest'
import { parseQuery } from './parse.ts'
import { fieldName, printExpression } from './print.ts'
import { fieldsOf, wholeTraceNeeded } from './query-fields.ts'
import { spanConditionOf } from './span-condition.ts'

const queryOf = (text: string) => {
  const { query } = parseQuery(text)
  if (query === undefined) throw new Error(text)
  return query
}

test.each([
  ['{ }', [], []],
  ['{ .a = 1 && .a = 2 && name = "x" }', ['.a', 'name'], ['.a', 'name']],
  ['{ .a = 1 } >> { span.b = .c } | select(.d, .a)', ['.a', 'span.b', '.c'], ['.a', 'span.b', '.c', '.d']],
  ['{ } | by(.a + .b) | max(.c) > 1', ['.a', '.b', '.c'], ['.a', '.b', '.c']],
  ['({ .a = 1 } | avg(.b) > min(.c)) && { .d }', ['.a', '.b', '.c', '.d'], ['.a', '.b', '.c', '.d']],
  ['{ .a = 1 } | max_over_time(.b) by (.c)', ['.a', '.c', '.b'], ['.a']],
  ['{ .a = 1 } | compare({ .b = 1 })', ['.a', '.b'], ['.a']],
  // Told by the parent's id.
  ['{ nestedSetParent < 0 }', ['span:parentID'], []],
  ['{ } | select(nestedSetParent)', [], ['nestedSetParent']],
])('%s reads %j and shows %j', (text, read, shown) => {
  const fields = fieldsOf(queryOf(text))
  expect(fields.read.map(fieldName)).toEqual(read)
  expect(fields.shown.map(fieldName)).toEqual(shown)
})

test.each([
  ['{ }', false],
  ['{ .a = 1 && event:name = "x" }', false],
  ['{ .a = 1 } | { .b = 2 } | select(name)', false],
  ['{ nestedSetParent < 0 && name = "x" }', false],
  ['{ .a = 1 } | rate() by (name)', false],
  ['{ .a = 1 } | by(.b) | coalesce() | rate()', false],
  ['{ .a = 1 } | by(.b)', true],
  ['{ .a = 1 } && { .b = 1 }', true],
  ['{ .a = 1 } > { }', true],
  ['{ .a = 1 } | count() > 1', true],
  ['{ childCount > 1 }', true],
  ['{ rootName = "x" }', true],
  ['{ parent.a = 1 }', true],
  ['{ nestedSetParent = 1 }', true],
  ['{ } | select(nestedSetLeft)', true],
  ['{ } | rate() by (traceDuration)', true],
])('whether %s needs the whole trace: %s', (text, needed) => {
  expect(wholeTraceNeeded(queryOf(text))).toBe(needed)
})

test.each([
  ['{ .a = 1 }', '.a = 1'],
  ['{ .a = 1 && rootName = "x" }', '.a = 1'],
  ['{ rootName = "x" && childCount > 1 }', undefined],
  ['{ .a = 1 || rootName = "x" }', undefined],
  ['{ .a = 1 || .b = 2 && parent.c = 3 }', '(.a = 1) || (.b = 2)'],
  ['{ !(rootName = "x" && .a = 1) }', undefined],
  ['{ nestedSetParent < 0 && traceDuration > 1s }', 'span:parentID = ""'],
])('of %s the span alone is asked %s', (text, condition) => {
  const { first } = queryOf(text).pipeline
  const found = spanConditionOf(first.type === 'filter' ? first.condition : undefined)
  expect(found && printExpression(found)).toBe(condition)
})
