// What would break: a text with a length that lacks its last letter, or has one too many, by the version of bpftrace.
import { expect, test } from 'vitest'
import { withZeroCounted } from './expression.ts'

test.each([
  ['str(arg0)', 'str(arg0)'],
  ['arg0', 'arg0'],
  ['str(arg2, (uint64)arg3)', 'str(arg2, (uint64)arg3 + 1)'],
  ['str(arg0, 5) == "str(a, 1)"', 'str(arg0, 5 + 1) == "str(a, 1)"'],
  ['strncmp(str(arg1), "java/", 5)', 'strncmp(str(arg1), "java/", 5)'],
  ['strncmp(str(@at[arg1, tid], arg2), "a,b(", 4)', 'strncmp(str(@at[arg1, tid], arg2 + 1), "a,b(", 4)'],
  ['kstr(arg0, 3)', 'kstr(arg0, 3)'],
])('%s', (expression, expected) => {
  expect(withZeroCounted(expression)).toBe(expected)
})
