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
