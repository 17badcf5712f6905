import { expect, test } from 'vitest'
import { readAttributeFilter } from './attribute-filter.ts'

const compared = (key: string, op: string, value: object) => ({
  type: 'compare',
  op,
  left: { type: 'field', field: { type: 'attribute', scope: 'any', key, ofParent: false } },
  right: { type: 'static', value },
})

test.each([
  ['a=b', 'a', 'b'],
  ['a=', 'a', ''],
  ['a=b=c', 'a', 'b=c'],
  ['a=b!=c', 'a', 'b!=c'],
  ['a==~b', 'a', '=~b'],
  ['a=<5', 'a', '<5'],
  ['a?=b', 'a?', 'b'],
  ['!a=b', '!a', 'b'],
  ['a b=ü\n"', 'a b', 'ü\n"'],
])('%j is the value as it is written', (text, key, value) => {
  expect(readAttributeFilter(text)).toEqual({ ok: true, condition: { type: 'writtenAs', key, text: value } })
})

test.each([
  ['a=~b', compared('a', '=~', { type: 'string', value: 'b' })],
  ['a!~b=c', compared('a', '!~', { type: 'string', value: 'b=c' })],
  ['a<5', compared('a', '<', { type: 'int', value: 5n })],
  ['a<=-5', compared('a', '<=', { type: 'int', value: -5n })],
  ['a>5.5', compared('a', '>', { type: 'float', value: 5.5 })],
  ['a>=1e3', compared('a', '>=', { type: 'float', value: 1_000 })],
  ['a>9223372036854775807', compared('a', '>', { type: 'int', value: 2n ** 63n - 1n })],
  ['a>9223372036854775808', compared('a', '>', { type: 'float', value: 2 ** 63 })],
  ['a?', compared('a', '!=', { type: 'nil' })],
  ['!a', compared('a', '=', { type: 'nil' })],
])('%s', (text, condition) => {
  expect(readAttributeFilter(text)).toEqual({ ok: true, condition })
})

test('another value is one that is there', () => {
  expect(readAttributeFilter('a!=b')).toEqual({
    ok: true,
    condition: {
      type: 'and',
      left: compared('a', '!=', { type: 'nil' }),
      right: { type: 'not', of: { type: 'writtenAs', key: 'a', text: 'b' } },
    },
  })
})

test.each(['', 'a', '?', '!', '=a', '!=a', '>5', 'a>', 'a>b', 'a>0x10', 'a=~[', 'a<NaN'])(
  '%j is refused',
  (text) => {
    expect(readAttributeFilter(text)).toEqual({ ok: false, mistake: expect.stringMatching(/^must /) })
  },
)
