// Strings, numbers and durations as TraceQL writes them, with Go's escapes and units. Words (`true`, `error`) are not
// here: what they mean depends on where they stand.
import { prometheusDurationOf } from '../../go-values/duration.ts'
import type { Static } from '../ast.ts'
import { Refusal } from '../mistake.ts'
import { matchAt } from './match-at.ts'

const durationForm = /(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h|d|w|y))+(?![A-Za-z0-9_])/y
const numberForm = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y
const wordForm = /[A-Za-z0-9_.µμ]*/y
const stringForm = /"((?:[^"\\\n]|\\[^\n])*)"|`([^`]*)`/y
const escapeForm =
  /\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([^]))/g
const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
}
export const intMax = 2n ** 63n - 1n

/** Undefined where none starts there. */
export function literalAt(text: string, at: number): { value: Static; to: number } | undefined {
  const first = text[at] ?? ''
  if (first === '"' || first === '`') return stringAt(text, at)
  if (!/\d/.test(first) && !(first === '.' && /\d/.test(text[at + 1] ?? ''))) return undefined
  const duration = matchAt(durationForm, text, at)?.[0]
  if (duration !== undefined) {
    const range = { from: at, to: at + duration.length }
    const nano = prometheusDurationOf(duration)
    if (nano === undefined)
      throw new Refusal(range, `${duration} is too long`, 'The longest duration is 292 years.')
    return { value: { type: 'duration', nano }, to: range.to }
  }
  return numberAt(text, at)
}

function numberAt(text: string, at: number): { value: Static; to: number } {
  const digits = matchAt(numberForm, text, at)?.[0] ?? ''
  const to = at + digits.length
  const rest = matchAt(wordForm, text, to)?.[0] ?? ''
  if (rest !== '') {
    const remedy =
      'Numbers are written as 5, 0.5 or 1e3, durations as 1h30m, 1.5s or 100us; a name needs a scope.'
    throw new Refusal(
      { from: at, to: to + rest.length },
      `${digits}${rest} is no number and no duration`,
      remedy,
    )
  }
  if (/[.eE]/.test(digits)) {
    const value = Number(digits)
    if (!Number.isFinite(value))
      throw new Refusal({ from: at, to }, `${digits} is too large`, 'The largest number is about 1.8e308.')
    return { value: { type: 'float', value }, to }
  }
  const value = BigInt(digits)
  if (value > intMax)
    throw new Refusal({ from: at, to }, `${digits} has more than 64 bits`, `Write ${digits}.0 for a float.`)
  return { value: { type: 'int', value }, to }
}

/** Units may come in any order and more than once, with fractions, as Go takes them. Rounded down to nanoseconds. */
function stringAt(text: string, at: number): { value: Static; to: number } {
  const found = matchAt(stringForm, text, at)
  if (found === undefined) {
    const quote = text[at] ?? ''
    const remedy =
      quote === '"' ? 'Write a closing "; a line break in it is written \\n.' : 'Write a closing backtick.'
    throw new Refusal({ from: at, to: text.length }, 'this string has no end', remedy)
  }
  const [whole, escaped, raw] = found
  const value = raw?.replaceAll('\r', '') ?? unescaped(escaped ?? '', at + 1)
  return { value: { type: 'string', value }, to: at + whole.length }
}

function unescaped(text: string, at: number): string {
  if (!text.includes('\\')) return text
  const bytes: Buffer[] = []
  let last = 0
  for (const found of text.matchAll(escapeForm)) {
    bytes.push(Buffer.from(text.slice(last, found.index)))
    last = found.index + found[0].length
    bytes.push(bytesOf(found, { from: at + found.index, to: at + last }))
  }
  bytes.push(Buffer.from(text.slice(last)))
  return Buffer.concat(bytes).toString()
}

/** `\x` and octal escapes are bytes of UTF-8, not characters: that is Go's meaning. */
function bytesOf(found: RegExpExecArray, range: { from: number; to: number }): Buffer {
  const [whole, plain, hex, short, long, octal] = found
  if (plain !== undefined) return Buffer.from(escapes[plain] ?? '')
  if (hex !== undefined) return Buffer.from([Number.parseInt(hex, 16)])
  const code = Number.parseInt(short ?? long ?? '', 16)
  if (code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)) return Buffer.from(String.fromCodePoint(code))
  if (octal !== undefined && Number.parseInt(octal, 8) < 256) return Buffer.from([Number.parseInt(octal, 8)])
  const remedy = 'Write \\\\ for a backslash, or put the string in backticks, where nothing is an escape.'
  throw new Refusal(range, `${whole} is no escape`, remedy)
}
