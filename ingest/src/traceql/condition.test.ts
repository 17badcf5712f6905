// Conditions of the own API, and how a reader is called.
import { expect, test } from 'vitest'
import type { Expression, Field, Static } from './ast.ts'
import { compileCondition } from './condition.ts'
import { parseQuery } from './parse.ts'

const conditionOf = (text: string): Expression | undefined => {
  const { first } = parseQuery(text).query!.pipeline
  return first.type === 'filter' ? first.condition : undefined
}

test.each<[string, Static, boolean]>([
  ['200', { type: 'string', value: '200' }, true],
  ['200', { type: 'int', value: 200n }, true],
  ['200', { type: 'float', value: 200 }, true],
  ['200.0', { type: 'float', value: 200 }, true],
  ['200.0', { type: 'int', value: 200n }, false],
  ['0200', { type: 'int', value: 200n }, false],
  ['true', { type: 'boolean', value: true }, true],
  ['true', { type: 'string', value: 'true' }, true],
  ['True', { type: 'boolean', value: true }, false],
  ['', { type: 'string', value: '' }, true],
  ['', { type: 'float', value: 0 }, false],
])('key=%s finds %o: %s', (text, value, found) => {
  const fits = compileCondition({ type: 'writtenAs', key: 'k', text })
  for (const scope of ['span', 'resource']) {
    const of = (field: Field) => (field.type === 'attribute' && field.scope === scope ? [value] : [])
    expect(fits(of)).toBe(found)
  }
})

test('a reader may give the same array for every field', () => {
  const fits = compileCondition(conditionOf('{ .a < .b && .b = 2 && .a != .b }'))
  const values: Static[] = []
  const found = fits((field) => {
    values.length = 0
    values.push({ type: 'int', value: field.type === 'attribute' && field.key === 'a' ? 1n : 2n })
    return values
  })
  expect(found).toBe(true)
})

test('a reader gets the same few fields for every span', () => {
  const fits = compileCondition(conditionOf('{ (.a = 1 || .b > 2) && nestedSetParent >= 0 }'))
  const seen = new Set<Field>()
  for (let span = 0; span < 10; span++) fits((field) => (seen.add(field), []))
  expect(seen.size).toBe(2)
})

test('a long choice neither overruns the stack nor takes a field twice for it', () => {
  const text = Array.from({ length: 1_000 }, (_, number) => `.a = ${number}`).join(' || ')
  const fits = compileCondition(conditionOf(`{ ${text} }`))
  expect(fits(() => [{ type: 'int', value: 999n }])).toBe(true)
  expect(fits(() => [{ type: 'int', value: 1_000n }])).toBe(false)
})
