// A bpftrace expression as a definition has it, to what is wrong with it as text: it is put into a block and a print
// that the bridge generates, and must end neither. Whether it means anything, bpftrace tells.

const stringLiterals = /"(?:[^"\\\n]|\\.)*"/g

/** What the expression may not have; undefined where it is sound. */
export function breaksOut(expression: string): string | undefined {
  const code = expression.replace(stringLiterals, '')
  if (/[{};\n]/.test(code)) return '{ } ; or line ends'
  if (/\/\/|\/\*/.test(code)) return 'a comment'
  if (code.includes('"')) return 'a string that does not end'
  let open = 0
  for (const [bracket] of code.matchAll(/[()]/g)) {
    open += bracket === '(' ? 1 : -1
    if (open < 0) break
  }
  return open === 0 ? undefined : 'parentheses that do not pair'
}

/** The numbers N of the argN that it reads, each once. */
export function argumentsRead(expression: string): number[] {
  const code = expression.replace(stringLiterals, '""')
  const numbers = [...code.matchAll(/(?<![\w$@.])arg(\d+)\b/g)].map(([, digits]) => Number(digits))
  return [...new Set(numbers)]
}

/**
 * For a bpftrace that takes the length of `str(address, length)` with the final zero: each made one longer, so that an
 * expression means the same everywhere.
 */
export function withZeroCounted(expression: string): string {
  let result = ''
  let from = 0
  for (const { index } of expression.matchAll(/(?<![\w"])str\s*\(/g)) {
    const end = secondArgumentEnd(expression, expression.indexOf('(', index))
    if (end === undefined || end < from) continue
    result += `${expression.slice(from, end)} + 1`
    from = end
  }
  return result + expression.slice(from)
}

/** Where the second of two arguments ends, which begin behind the parenthesis at `open`. */
function secondArgumentEnd(expression: string, open: number): number | undefined {
  // Of the same length, so that places stay.
  const code = expression.replace(stringLiterals, (literal) => '"'.repeat(literal.length))
  let [depth, commas] = [0, 0]
  for (let at = open; at < code.length; at += 1) {
    const character = code[at]
    if (character === '(' || character === '[') depth += 1
    else if (character === ')' || character === ']') depth -= 1
    else if (character === ',' && depth === 1) commas += 1
    if (depth === 0) return commas === 1 ? at : undefined
  }
  return undefined
}
