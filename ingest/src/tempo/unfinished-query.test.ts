import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseQuery } from '../traceql/parse.ts'
import { conditionOfUnfinished } from './unfinished-query.ts'

function conditionOf(text: string) {
  const { query } = parseQuery(text)
  return query?.pipeline.first.type === 'filter' ? query.pipeline.first.condition : undefined
}

test.for([
  ['{ name = "a" && kind = server }', '{ name = "a" && kind = server }'],
  ['{ name = "a" && ', '{ name = "a" }'],
  ['{ name = "a" && resource.service.name = }', '{ name = "a" }'],
  ['{ resource.service.name = && name = "a" }', '{ name = "a" }'],
  ['{ name = "a" && status = error || kind = }', '{ name = "a" && status = error }'],
  ['{ span.x = "&& || }" && name = "open', '{ span.x = "&& || }" }'],
  ['{ (name = "a" || name = "b") && kind = }', '{ (name = "a" || name = "b") }'],
  [String.raw`{ span.x = "a \" && b" && kind =`, String.raw`{ span.x = "a \" && b" }`],
  ['{ duration > 1s } | select(name)', '{ duration > 1s }'],
] as const)('%s asks for %s', ([unfinished, finished]) => {
  expect(conditionOf(finished)).toBeDefined()
  expect(conditionOfUnfinished(unfinished)).toEqual(conditionOf(finished))
})

test.for(['', '{', '{}', '{ }', '{ name = }', 'nonsense', '{ name = "a" } >> { name = "b" }', '{ kind = '])(
  '%j takes every span',
  (text) => expect(conditionOfUnfinished(text)).toBeUndefined(),
)

test('whatever is typed, it ends and does not throw', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '(',
    ')',
    '"',
    '`',
    '\\',
    '&&',
    '||',
    'name',
    '=',
    ' ',
    '.a',
    '1s',
    '|',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      conditionOfUnfinished(pieces.join(''))
    }),
  )
})
