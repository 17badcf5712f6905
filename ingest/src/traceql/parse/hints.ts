// Tokens → hints: `with (most_recent=true, sample=0.1)`. Their names are free; who answers knows some of them.
import type { Hint, Static } from '../ast.ts'
import type { Cursor } from './cursor.ts'
import { negatedStatic } from './expression.ts'
import { staticOfWord } from './field.ts'

export function hintsAt(cursor: Cursor): Hint[] {
  cursor.expect('with', 'before the hints')
  cursor.expect('(', 'behind with')
  const hints: Hint[] = []
  do hints.push(hintAt(cursor))
  while (cursor.take(',') !== undefined)
  cursor.expect(')', 'behind the hints')
  return hints
}

function hintAt(cursor: Cursor): Hint {
  const { token } = cursor
  if (token.type !== 'word')
    cursor.refuse('the name of a hint is missing', 'Write one, as in with (most_recent=true).')
  cursor.next()
  cursor.expect('=', 'behind the name of the hint')
  return { name: token.text, value: valueAt(cursor) }
}

function valueAt(cursor: Cursor): Static {
  const isNegative = cursor.take('-') !== undefined
  const { token } = cursor
  const found =
    token.type === 'literal' ? token.value : token.type === 'word' ? staticOfWord(token.text) : undefined
  const value = isNegative && found !== undefined ? negatedStatic(found) : found
  if (value === undefined)
    return cursor.refuse('the value of the hint is missing', 'Write a string, a number, true or false.')
  cursor.next()
  return value
}
