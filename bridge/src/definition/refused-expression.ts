// bpftrace's refusal of a generated program, which names places of that program, to the keys of the definition whose
// expressions it refuses. Pure.
import type { Definition, KeyPath } from './definition.ts'
import { withZeroCounted } from './expression.ts'
import { expressionsOf } from './needs.ts'
import { blocksOf, type Block } from './program.ts'
import { withOneMore } from './string-length.ts'

/** `stdin:14:66-69: ERROR: Unknown function: foo`; up to 0.23 a place may be two lines. */
const errorForm = /^stdin:(\d+):(\d+)(?:-\d+)?: ERROR: (.*)$/

/** A line for each mistake, `FILE:LINE:COLUMN: KEY: bpftrace's words`; empty where the refusal names no place. */
export function refusedExpressions(refusal: string, program: string, definition: Definition): string[] {
  const lines = program.split('\n')
  const told = refusal.split('\n').flatMap((text) => {
    const [, line, column, words = ''] = errorForm.exec(text) ?? []
    const number = Number(line)
    const block = blockAt(lines, number, definition)
    const program = lines[number - 1]
    if (!block || program === undefined) return []
    const path = keyAt(block, program, Number(column) - 1)
    return [`${definition.placeOf?.(path) ?? path.join('.')}: ${words}`]
  })
  return [...new Set(told)]
}

/** Each block begins with its own comment, in the order of the blocks. */
function blockAt(lines: readonly string[], number: number, definition: Definition): Block | undefined {
  const begun = lines.slice(0, number).filter((line) => line.startsWith('// Block ')).length
  return blocksOf(definition)[begun - 1]
}

/** The key whose expression stands at the column, or nearest to it: what is missing is told behind it. */
function keyAt({ layout }: Block, line: string, column: number): KeyPath {
  const { span, event } = layout
  let nearest: KeyPath = event ? ['events', event.id] : ['spans', span.id]
  let least = Number.POSITIVE_INFINITY
  for (const { expression, path } of expressionsOf(layout)) {
    const asked = withOneMore(expression)
    for (const written of [expression, asked, withZeroCounted(expression), withZeroCounted(asked)]) {
      for (let at = line.indexOf(written); at !== -1; at = line.indexOf(written, at + 1)) {
        const end = at + written.length
        const distance = column < at ? at - column : Math.max(0, column - end + 1)
        if (distance >= least) continue
        least = distance
        nearest = path
      }
    }
  }
  return nearest
}
