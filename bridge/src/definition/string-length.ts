// How long the texts of a definition's attributes may be, and how the program asks for one letter more: a text that has
// it was cut, one that only just fits was not. No version of bpftrace tells the two apart in what it prints.
import type { AttributeDefinition } from './definition.ts'

/** An expression that is nothing but a string of a length that is given as a number. */
const ofLength = /^(\s*str\s*\((?:[^()]|\([^()]*\))*,\s*)(\d{1,9})(\s*\)\s*)$/
const aString = /\bk?str\s*\(/

/** `str(arg0, 32)` to `str(arg0, 33)`. What is more than such a string means what its writer says, and stays. */
export function withOneMore(expression: string): string {
  return expression.replace(ofLength, (_, before: string, length: string, after: string) =>
    [before, Number(length) + 1, after].join(''),
  )
}

/**
 * The most bytes of the attribute's value that are shown, without bpftrace's own limit: infinite where the definition
 * sets none; undefined where the value is no text that the program reads.
 */
export function textBytesOf({ expression, type, names }: AttributeDefinition): number | undefined {
  if (!aString.test(expression) || names !== undefined || (type ?? 'string') !== 'string') return undefined
  return Number(ofLength.exec(expression)?.[2] ?? Infinity)
}
