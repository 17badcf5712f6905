// Regular expressions of queries, in RE2's syntax (Go's), anchored at both ends, `.` matching line breaks too. By
// re2js, whose time is linear in the text, as they come from users and run on our threads; what can be told by plain
// string work is. In: the pattern; out: a test, or why there is none.
import { RE2JS, RE2JSException } from 're2js'
import { patternInstructionsMax } from './limits.ts'

export type Pattern =
  { test: (text: string) => boolean; fault?: undefined } | { test?: undefined; fault: string }

/** Values come again and again: some of them are remembered with their result. */
const rememberedMax = 1_000
const rememberedCharactersMax = 200

export function compiledPattern(pattern: string): Pattern {
  const plain = plainTest(pattern)
  if (plain !== undefined) return { test: plain }
  try {
    const compiled = RE2JS.compile(pattern, RE2JS.DOTALL)
    const instructions = compiled.programSize()
    if (instructions > patternInstructionsMax)
      return { fault: `it takes ${instructions} instructions, ${patternInstructionsMax} at most` }
    return { test: remembering((text) => compiled.testExact(text)) }
  } catch (error) {
    if (error instanceof RE2JSException) return { fault: error.message }
    throw error
  }
}

const meta = /[\\^$.*+?()[\]{}|]/

/** Of a choice of words (`a|b`), and of one with `.*` around it: the most common ones. */
function plainTest(pattern: string): ((text: string) => boolean) | undefined {
  const words = pattern.split('|')
  if (words.every((word) => !meta.test(word))) {
    const choice = new Set(words)
    return (text) => choice.has(text)
  }
  const start = pattern.startsWith('.*') ? 2 : 0
  const end = pattern.endsWith('.*') && pattern.length >= start + 2 ? pattern.length - 2 : pattern.length
  const word = pattern.slice(start, end)
  if (meta.test(word)) return undefined
  const [open, closed] = [start > 0, end < pattern.length]
  if (open && closed) return (text) => text.includes(word)
  return open ? (text) => text.endsWith(word) : (text) => text.startsWith(word)
}

function remembering(test: (text: string) => boolean): (text: string) => boolean {
  const results = new Map<string, boolean>()
  return (text) => {
    const known = results.get(text)
    if (known !== undefined) return known
    const result = test(text)
    if (results.size < rememberedMax && text.length <= rememberedCharactersMax) results.set(text, result)
    return result
  }
}
