// JSON text to a value without rounding: an integer literal that a double cannot hold becomes its decimal string.
// (OTLP/JSON writes 64-bit integers as strings, but allows senders numbers: 1700000000000000001 must stay itself.)

import { TooManyParts } from './frames.ts'

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown
// The third argument of the reviver (ECMAScript's JSON.parse source text access) is in Node 22, not yet in the types.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const parseWithSource = JSON.parse as (text: string, reviver?: Reviver) => unknown

// The reviver makes parsing several times slower: only texts that hold such a literal pay for it.
const longInteger = /[[:,]\s*-?\d{16}/

// Objects and arrays in one text. Empty ones are three characters: 64 MiB of those would take gigabytes to hold. A real
// request has one in some 35 characters, two million in 64 MiB, and not more than one in ten.
export const nestingsMax = 4_000_000
const nestingsFree = 500_000
const charsPerNesting = 10

/** Throws SyntaxError, TooManyParts. */
export function parseJsonExactly(text: string): unknown {
  const most = Math.min(nestingsMax, Math.max(nestingsFree, Math.floor(text.length / charsPerNesting)))
  if (nestings(text) > most) throw new TooManyParts(`it has more than ${most} objects and arrays`)
  if (!longInteger.test(text)) return parseWithSource(text)
  return parseWithSource(text, (_key, value, { source }) => {
    const rounded = typeof value === 'number' && !Number.isSafeInteger(value)
    return rounded && source !== undefined && /^-?\d+$/.test(source) ? source : value
  })
}

/** At least as many as there are: brackets inside strings are counted too. */
function nestings(text: string): number {
  // Shorter texts cannot have too many.
  if (text.length < nestingsFree) return 0
  let count = 0
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) count++
  }
  return count
}
