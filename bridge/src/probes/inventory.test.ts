// What would break: a type that is not the argument's, or a probe listed as often as the compiler inlined it.
import { expect, test } from 'vitest'
import { parseArguments } from '../elf/arguments.ts'
import { summaries, typeOf } from './inventory.ts'

test.each([
  ['8@%rdi', 64, 'u64/ptr'],
  ['-8@%rdi', 64, 'i64'],
  ['4@%edi', 64, 'u32'],
  ['4@%edi', 32, 'u32/ptr'],
  ['8@%edi', 32, 'u64'],
  ['-4@%edi', 64, 'i32'],
  ['2@%di', 64, 'u16'],
  ['-1@%al', 64, 'i8'],
  ['8f@%xmm0', 64, 'f64'],
  ['4f@%xmm0', 64, 'f32'],
  ['16@%xmm0', 64, '?'],
  ['%rdi', 64, '?'],
] as const)('%s in a program of %d bits is %s', (text, bits, expected) => {
  expect(parseArguments(text).map((argument) => typeOf(argument, bits))).toEqual([expected])
})

const at = (name: string, args: string, semaphore?: bigint) => ({
  provider: 'shop',
  name,
  location: 1n,
  ...(semaphore !== undefined && { semaphore }),
  arguments: parseArguments(args),
})

test('the places of a probe are counted, not listed', () => {
  const found = summaries([at('b', '8@%rdi'), at('a', ''), at('b', '8@%rsi', 5n)], 64)
  expect(found).toMatchObject([
    { name: 'a', places: 1, semaphore: false },
    { name: 'b', places: 2, semaphore: true, arguments: [{ type: 'u64/ptr' }] },
  ])
})

test('where places pass different types, or fewer arguments, the type is not known', () => {
  const [found] = summaries([at('a', '8@%rdi 4@%esi'), at('a', '8@%rdi -4@$1 8@%rdx')], 64)
  expect(found?.arguments.map(({ type }) => type)).toEqual(['u64/ptr', '?', '?'])
  // A third place does not make it known again.
  const [three] = summaries([at('a', '4@%esi'), at('a', '-4@$1'), at('a', '-4@$1')], 64)
  expect(three?.arguments.map(({ type }) => type)).toEqual(['?'])
})
