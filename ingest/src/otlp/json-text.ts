// JSON text to a value without rounding: an integer literal that a double cannot hold becomes its decimal string.
// (OTLP/JSON writes 64-bit integers as strings, but allows senders numbers: 1700000000000000001 must stay itself.)

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown
// The third argument of the reviver (ECMAScript's JSON.parse source text access) is in Node 22, not yet in the types.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const parseWithSource = JSON.parse as (text: string, reviver?: Reviver) => unknown

// The reviver makes parsing several times slower: only texts that hold such a literal pay for it.
const longInteger = /[[:,]\s*-?\d{16}/

/** Throws SyntaxError. */
export function parseJsonExactly(text: string): unknown {
  if (!longInteger.test(text)) return parseWithSource(text)
  return parseWithSource(text, (_key, value, { source }) => {
    const rounded = typeof value === 'number' && !Number.isSafeInteger(value)
    return rounded && source !== undefined && /^-?\d+$/.test(source) ? source : value
  })
}
