// Where the parser stands in the tokens, and the words for what it did not expect there.
import type { TextRange } from '../ast.ts'
import { queryDepthMax, queryPartsMax } from '../limits.ts'
import { Refusal } from '../mistake.ts'
import type { Token } from './token.ts'

export class Cursor {
  readonly #tokens: Token[]
  readonly #last: Token
  #at = 0
  #depth = 0

  /** `tokens` end with one of type `end`. */
  constructor(tokens: Token[]) {
    this.#tokens = tokens
    this.#last = tokens.at(-1) ?? { type: 'end', text: '', from: 0, to: 0 }
    const tooMany = tokens[queryPartsMax]
    if (tooMany === undefined) return
    const remedy = 'Write a choice of many values as one pattern, =~ "a|b|c", or ask in several queries.'
    throw new Refusal(tooMany, `the query has more than ${queryPartsMax} words and signs`, remedy)
  }

  get token(): Token {
    return this.#tokens[this.#at] ?? this.#last
  }

  get isAtEnd(): boolean {
    return this.token.type === 'end'
  }

  /** Of the token before. */
  get end(): number {
    return this.#tokens[this.#at - 1]?.to ?? 0
  }

  /** The token `ahead` of this one, the last one where there are not so many. */
  peek(ahead = 1): Token {
    return this.#tokens[this.#at + ahead] ?? this.#last
  }

  next(): Token {
    const { token } = this
    if (token.type !== 'end') this.#at++
    return token
  }

  is(...texts: string[]): boolean {
    const { token } = this
    return (token.type === 'sign' || token.type === 'word') && texts.includes(token.text)
  }

  /** Goes past it where it is one of these signs or words. */
  take(...texts: string[]): Token | undefined {
    return this.is(...texts) ? this.next() : undefined
  }

  /** The same, giving which it was. */
  choose<Text extends string>(texts: readonly Text[]): Text | undefined {
    const found = texts.find((text) => this.is(text))
    if (found !== undefined) this.next()
    return found
  }

  /** `after`: what it has to close or follow, for the message. */
  expect(text: string, after: string): Token {
    const found = this.take(text)
    if (found !== undefined) return found
    return this.refuse(`${text} is missing ${after}`, `Write ${text} here.`)
  }

  refuse(what: string, remedy: string, range: TextRange = this.token): never {
    const { token } = this
    if (range !== token) throw new Refusal(range, what, remedy)
    const seen = token.type === 'end' ? 'the query ends here' : `found ${shortened(token.text)}`
    throw new Refusal({ from: token.from, to: token.to }, `${what} (${seen})`, remedy)
  }

  /** Parses within parentheses or behind a prefix, as deep as the stack allows. */
  deeper<T>(parse: () => T): T {
    this.#depth++
    if (this.#depth > queryDepthMax) {
      const what = `more than ${queryDepthMax} parentheses or prefixes in each other`
      throw new Refusal(this.token, what, 'Leave out those that change nothing.')
    }
    const parsed = parse()
    this.#depth--
    return parsed
  }
}

const shownMax = 40
export function shortened(text: string): string {
  return text.length <= shownMax ? text : `${text.slice(0, shownMax)}…`
}
