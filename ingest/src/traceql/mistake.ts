// What is wrong with a query's text: where, what, and what to do about it.
import type { TextRange } from './ast.ts'

/** `message` is a sentence for the user and has the place in it; `range` is for who marks it in the text. */
export type Mistake = { range: TextRange; message: string }

/** Thrown within the parser only: what it gives to others is a `Mistake`. */
export class Refusal extends Error {
  readonly range: TextRange

  /** `what`: what is wrong, as it follows "At character 5: "; `remedy`: what to do, a sentence. */
  constructor({ from, to }: TextRange, what: string, remedy: string) {
    super(`${what}. ${remedy}`)
    this.range = { from, to }
  }
}

export function mistakeOf(refusal: Refusal, text: string): Mistake {
  return { range: refusal.range, message: `At ${placeOf(refusal.range, text)}: ${refusal.message}` }
}

/** Counted from 1, as editors do. */
function placeOf({ from }: TextRange, text: string): string {
  const character = `character ${from + 1}`
  if (!text.includes('\n')) return character
  const before = text.slice(0, from)
  const line = before.split('\n').length
  return `${character} (line ${line}, column ${from - before.lastIndexOf('\n')})`
}
