import { expect, test } from 'vitest'
import { parseQuery } from '../../../traceql/parse.ts'
import { ofOneSpan } from './one-span.ts'

function conditionOf(text: string) {
  const { query } = parseQuery(text)
  if (query?.pipeline.first.type !== 'filter') throw new Error(`${text} is no filter`)
  return query.pipeline.first.condition
}

test.for([
  ['{ name = "a" && kind = server }', '{ name = "a" && kind = server }'],
  ['{ traceDuration > 1s && name = "a" }', '{ name = "a" }'],
  ['{ name = "a" && rootName = "b" && kind = server }', '{ name = "a" && kind = server }'],
  ['{ (rootName = "b" || name = "c") && name = "a" }', '{ name = "a" }'],
  ['{ rootServiceName = "b" || name = "c" }', '{ }'],
  ['{ !(rootName = "b" && name = "c") }', '{ }'],
  ['{ parent.http.route = "/" }', '{ }'],
  ['{ nestedSetParent < 0 }', '{ nestedSetParent < 0 }'],
  ['{ nestedSetLeft > 3 && name = "a" }', '{ name = "a" }'],
] as const)('of %s one span tells %s', ([whole, part]) => {
  expect(ofOneSpan(conditionOf(whole))).toEqual(conditionOf(part))
})
