// TraceQL text → tokens. Of an attribute (`.k`, `span.k`, `parent.resource."a b"`) the whole is one token, as its key
// may have characters that are operators elsewhere: `.a-1` is a key, `.a - 1` is not.
import type { AttributeScope, Intrinsic, Static, TextRange } from '../ast.ts'
import { Refusal } from '../mistake.ts'
import { scopedIntrinsicOf } from './intrinsics.ts'
import { literalAt } from './literal.ts'
import { matchAt } from './match-at.ts'

export type Token = TextRange & { text: string } & (
    | { type: 'attribute'; scope: AttributeScope; ofParent: boolean; key: string }
    | { type: 'intrinsic'; name: Intrinsic }
    | { type: 'literal'; value: Static }
    | { type: 'word' }
    | { type: 'sign' }
    | { type: 'end' }
  )

/** The longest first: each is tried in turn. */
const signs = [
  '!>> !<< &>> &<<',
  '&& || != !~ !> !< &> &< &~ =~ >= <= >> <<',
  '= > < + - * / % ^ ! | ~ ( ) { } ,',
].flatMap((line) => line.split(' '))
/** What people write who know other languages, with what it is here. */
const foreignSigns: [sign: string, remedy: string][] = [
  ['===', 'Equal is written ='],
  ['==', 'Equal is written ='],
  ['<>', 'Unequal is written !='],
  ['&', 'And is written &&'],
  ["'", 'Strings are written in double quotes or backticks'],
  ['[', 'There are no lists in TraceQL; write =~ "a|b" for one of several values'],
  [']', 'There are no lists in TraceQL; write =~ "a|b" for one of several values'],
  [';', 'A query has no end mark; leave it out'],
  ['$', 'Variables must be filled in before the query is sent'],
]

const blank = /(?:\s+|\/\/[^\n]*|\/\*[^]*?\*\/)+/y
const word = /[A-Za-z_][A-Za-z0-9_]*/y
const attributeStart =
  /(parent\.(?:span\.|resource\.)?|span\.|resource\.|event\.|link\.|instrumentation\.|\.)/y
const intrinsicStart = /(span|trace|event|link|instrumentation):([A-Za-z]*)/y
const scopes = ['span', 'resource', 'event', 'link', 'instrumentation'] as const satisfies AttributeScope[]
const keyPart = /[^\s{}()=~!<>&|^,"]+/y
const quotedKeyPart = /"((?:[^"\\]|\\["\\])*)"/y

/** All tokens, with one of type `end` behind them. Throws the first `Refusal`. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  for (const token of tokensIn(text)) tokens.push(token)
  return tokens
}

export function* tokensIn(text: string): Generator<Token> {
  for (let at = afterBlank(text, 0); at < text.length;) {
    const token = tokenAt(text, at)
    yield token
    at = afterBlank(text, token.to)
  }
  yield { type: 'end', text: '', from: text.length, to: text.length }
}

function afterBlank(text: string, at: number): number {
  const found = matchAt(blank, text, at)
  const next = at + (found?.[0].length ?? 0)
  if (text.startsWith('/*', next))
    throw new Refusal({ from: next, to: text.length }, 'this comment has no end', 'End it with */.')
  return next
}

function tokenAt(text: string, at: number): Token {
  const scoped = matchAt(intrinsicStart, text, at)
  if (scoped !== undefined) {
    const [whole, scope = '', name = ''] = scoped
    const range = { from: at, to: at + whole.length }
    return { type: 'intrinsic', name: scopedIntrinsicOf(scope, name, range), text: whole, ...range }
  }
  const literal = literalAt(text, at)
  if (literal !== undefined)
    return {
      type: 'literal',
      value: literal.value,
      text: text.slice(at, literal.to),
      from: at,
      to: literal.to,
    }
  const start = matchAt(attributeStart, text, at)
  if (start !== undefined) return attributeAt(text, at, start[0])
  const found = matchAt(word, text, at)?.[0]
  if (found !== undefined) return { type: 'word', text: found, from: at, to: at + found.length }
  return signAt(text, at)
}

function signAt(text: string, at: number): Token {
  const long = foreignSigns.find(([sign]) => sign.length > 1 && text.startsWith(sign, at))
  const sign = long === undefined ? signs.find((known) => text.startsWith(known, at)) : undefined
  if (sign !== undefined) return { type: 'sign', text: sign, from: at, to: at + sign.length }
  const [seen, remedy] = long ??
    foreignSigns.find(([short]) => text.startsWith(short, at)) ?? [
      String.fromCodePoint(text.codePointAt(at) ?? 0),
      'Leave it out',
    ]
  throw new Refusal({ from: at, to: at + seen.length }, `${seen} has no meaning here`, `${remedy}.`)
}

function attributeAt(text: string, at: number, start: string): Token {
  let to = at + start.length
  let key = ''
  for (;;) {
    const plain = matchAt(keyPart, text, to)
    const quoted = plain === undefined ? matchAt(quotedKeyPart, text, to) : undefined
    if (plain === undefined && quoted === undefined) break
    key += plain?.[0] ?? (quoted?.[1] ?? '').replaceAll(/\\(["\\])/g, '$1')
    to += (plain ?? quoted)?.[0].length ?? 0
  }
  if (text[to] === '"')
    throw new Refusal(
      { from: to, to: text.length },
      'this quoted key does not end, or has a \\ that is before neither " nor \\',
      'Write a closing ", and \\" and \\\\ for those two characters.',
    )
  if (key === '') {
    const remedy = `Write one behind it, such as ${start}http.method.`
    throw new Refusal({ from: at, to }, `${start} has no key behind it`, remedy)
  }
  const scope = scopes.find((known) => start.endsWith(`${known}.`)) ?? 'any'
  const ofParent = start.startsWith('parent.')
  return { type: 'attribute', scope, ofParent, key, text: text.slice(at, to), from: at, to }
}
