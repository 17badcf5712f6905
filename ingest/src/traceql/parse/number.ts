// Tokens → plain numbers, where nothing else can stand: quantiles, counts, thresholds.
import type { Static, TextRange } from '../ast.ts'
import type { Cursor } from './cursor.ts'
import { negatedStatic } from './expression.ts'

const nanoPerSecond = 1e9

function literalAt(cursor: Cursor, what: string): { value: Static } & TextRange {
  const { from } = cursor.token
  const isNegative = cursor.take('-') !== undefined
  const { token } = cursor
  const value = token.type === 'literal' ? (isNegative ? negatedStatic(token.value) : token.value) : undefined
  if (value === undefined || value.type === 'string')
    return cursor.refuse(`${what} is missing`, 'Write a number.')
  cursor.next()
  return { value, from, to: token.to }
}

/** A duration in seconds. */
export function numberAt(cursor: Cursor, what: string): { value: number } & TextRange {
  const { value, from, to } = literalAt(cursor, what)
  const number =
    value.type === 'duration'
      ? Number(value.nano) / nanoPerSecond
      : value.type === 'float'
        ? value.value
        : Number(value.type === 'int' ? value.value : 0)
  return { value: number, from, to }
}

export function wholeNumberAt(cursor: Cursor, what: string): { value: bigint } & TextRange {
  const { value, from, to } = literalAt(cursor, what)
  if (value.type === 'int') return { value: value.value, from, to }
  return cursor.refuse(`${what} must be a whole number`, 'Write it without a point and a unit.', { from, to })
}
