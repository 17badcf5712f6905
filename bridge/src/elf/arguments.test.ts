// What would break: a user told of other arguments than the probe passes, and writing argN for the wrong one.
import { expect, test } from 'vitest'
import { parseArguments } from './arguments.ts'

const integer = (bytes: number, operand: string) => ({ bytes, signed: false, float: false, operand })
const signed = (bytes: number, operand: string) => ({ ...integer(bytes, operand), signed: true })

test.each([
  ['', []],
  ['-4@%edi', [signed(4, '%edi')]],
  ['8@-16(%rbp) 4@$5', [integer(8, '-16(%rbp)'), integer(4, '$5')]],
  ['-4@$-1 8@(%rax,%rbx,8) 1@%al', [signed(4, '$-1'), integer(8, '(%rax,%rbx,8)'), integer(1, '%al')]],
  [
    '8@nl_global+16(%rip) 8f@%xmm0',
    [integer(8, 'nl_global+16(%rip)'), { ...integer(8, '%xmm0'), float: true }],
  ],
  // arm64 has spaces within an operand.
  [
    '8@x0 -4@[sp, 12] 8@[x1, x2, lsl 3] 1@x0',
    [integer(8, 'x0'), signed(4, '[sp, 12]'), integer(8, '[x1, x2, lsl 3]'), integer(1, 'x0')],
  ],
  ['  8@%rdi   8@%rsi ', [integer(8, '%rdi'), integer(8, '%rsi')]],
  // s390x and ppc64.
  ['8@%r2 4@160(%r15) -4@112(31)', [integer(8, '%r2'), integer(4, '160(%r15)'), signed(4, '112(31)')]],
])('%j', (text, expected) => {
  expect(parseArguments(text)).toEqual(expected)
})

test('without sizes, as before version 3 of sys/sdt.h, the operands are still counted', () => {
  expect(parseArguments('%rdi %rsi')).toEqual([
    { signed: false, float: false, operand: '%rdi' },
    { signed: false, float: false, operand: '%rsi' },
  ])
})

test('a string of any number of arguments has an end', () => {
  expect(parseArguments('8@%rdi '.repeat(5000))).toHaveLength(64)
})
