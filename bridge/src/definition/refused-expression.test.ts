// What would break: a refusal of bpftrace's that names another key than the one that is wrong.
import { expect, test } from 'vitest'
import { probeText } from './definition.ts'
import { parseDefinition } from './load.ts'
import { renderProgram } from './program.ts'
import { refusedExpressions } from './refused-expression.ts'

const definition = parseDefinition(
  `name: s
provider: p
spans:
  q:
    start: a
    end: b
    match: tid
    attributes:
      one: { at: end, value: arg0 }
      two: { at: end, value: arg0 + bad }
      three: { at: end, value: 'str(arg1, 4)' }
`,
  'x.yaml',
)
const program = renderProgram(definition, (probe) => [`usdt:/app:${probeText(probe)}`], {
  lengthCountsZero: true,
})
const lines = program.split('\n')
const line = lines.findIndex((text) => text.includes('arg0 + bad'))
const at = (text: string): string => `${line + 1}:${(lines[line] ?? '').indexOf(text) + 1}`

test('the expression at the place, or before it; of one that was written otherwise, too', () => {
  const refused = (place: string): string[] =>
    refusedExpressions(`stdin:${place}: ERROR: no such thing`, program, definition)
  expect(refused(at('bad'))).toEqual(['x.yaml:10:30: spans.q.attributes.two.value: no such thing'])
  expect(refused(at('arg0, '))).toEqual(['x.yaml:9:30: spans.q.attributes.one.value: no such thing'])
  expect(refused(at(', str(arg1'))).toEqual(['x.yaml:10:30: spans.q.attributes.two.value: no such thing'])
  expect(refused(at('5 + 1'))).toEqual(['x.yaml:11:32: spans.q.attributes.three.value: no such thing'])
})

test('each mistake once; what is at no place of a block is left to bpftrace’s words', () => {
  const error = `stdin:${at('bad')}-99: ERROR: no such thing`
  const refusal = `bpftrace refuses:\n${error}\n{ … }\n ~~~\n${error}\nstdin:1:1: ERROR: odd\nERROR: other`
  expect(refusedExpressions(refusal, program, definition)).toEqual([
    'x.yaml:10:30: spans.q.attributes.two.value: no such thing',
  ])
})
