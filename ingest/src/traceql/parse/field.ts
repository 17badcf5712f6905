// One field as a query names it (`span.http.method`, `name`, `event:name`), and the words that are values.
import type { Field, Intrinsic, Static, TextRange } from '../ast.ts'
import type { Cursor } from './cursor.ts'
import { shortened } from './cursor.ts'
import { bareIntrinsics, intrinsicTypes } from './intrinsics.ts'
import { intMax } from './literal.ts'
import type { Token } from './token.ts'
import type { ValueType } from './value-type.ts'

const words: Readonly<Record<string, Static>> = {
  true: { type: 'boolean', value: true },
  false: { type: 'boolean', value: false },
  nil: { type: 'nil' },
  ok: { type: 'status', status: 'OK' },
  error: { type: 'status', status: 'ERROR' },
  unset: { type: 'status', status: 'UNSET' },
  unspecified: { type: 'kind', kind: 'UNSPECIFIED' },
  internal: { type: 'kind', kind: 'INTERNAL' },
  server: { type: 'kind', kind: 'SERVER' },
  client: { type: 'kind', kind: 'CLIENT' },
  producer: { type: 'kind', kind: 'PRODUCER' },
  consumer: { type: 'kind', kind: 'CONSUMER' },
  minInt: { type: 'int', value: -intMax - 1n },
  maxInt: { type: 'int', value: intMax },
}

export function staticOfWord(word: string): Static | undefined {
  return Object.hasOwn(words, word) ? words[word] : undefined
}

export function fieldAt(cursor: Cursor): { field: Field; type: ValueType } & TextRange {
  const { token } = cursor
  const range = { from: token.from, to: token.to }
  if (token.type === 'attribute') {
    cursor.next()
    const { scope, key, ofParent } = token
    return { field: { type: 'attribute', scope, key, ofParent }, type: 'any', ...range }
  }
  const name = intrinsicOf(token)
  if (name === undefined) return refuseOperand(cursor)
  cursor.next()
  return { field: { type: 'intrinsic', name }, type: intrinsicTypes[name], ...range }
}

function intrinsicOf(token: Token): Intrinsic | undefined {
  if (token.type === 'intrinsic') return token.name
  if (token.type !== 'word') return undefined
  // `parent = nil` asks for root spans.
  if (token.text === 'parent') return 'span:parentID'
  return Object.hasOwn(bareIntrinsics, token.text) ? bareIntrinsics[token.text] : undefined
}

function refuseOperand(cursor: Cursor): never {
  const { token } = cursor
  if (token.type !== 'word') return cursor.refuse('a field or a value is missing', fieldRemedy)
  const follows = cursor.peek()
  const isDotted = follows.type === 'attribute' && follows.from === token.to
  const seen = isDotted ? token.text + follows.text : token.text
  const range = { from: token.from, to: isDotted ? follows.to : token.to }
  const remedy = `Write .${shortened(seen)} for an attribute of that name, or "${shortened(seen)}" for a string.`
  return cursor.refuse(`${shortened(seen)} is no field and no value of TraceQL`, remedy, range)
}

const fieldRemedy = 'Write a field, such as span.http.method, .key or duration, or a value, such as "x" or 5.'
