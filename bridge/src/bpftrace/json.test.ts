// What would break: spans with wrong times (rounded integers), with garbled text, or lost because a line that bpftrace
// prints is no valid JSON.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonText, parseJson, type JsonValue } from './json.ts'

/** As bytes arrive: one character each. */
const wire = (text: string): string => Buffer.from(text).toString('latin1')

function valueOf(line: string): JsonValue {
  const result = parseJson(line)
  if (!result.ok) throw new Error(`${result.reason} at ${result.at}: ${line}`)
  return result.value
}

test.each([
  ['quote', String.raw`"q\"uote"`, 'q"uote'],
  ['backslash', String.raw`"back\\slash"`, 'back\\slash'],
  ['backslash before a quote', String.raw`"\\\""`, '\\"'],
  ['slash', String.raw`"\/"`, '/'],
  ['b f n r t', String.raw`"\b\f\n\r\t"`, '\b\f\n\r\t'],
  ['control characters', String.raw`"ctl\u0001\u001f"`, 'ctl\u0001\u001f'],
  ['escaped NUL', String.raw`"\u0000"`, '\0'],
  ['UTF-8 by sign-extended bytes', String.raw`"uni\uffffffc3\uffffffa9"`, 'unié'],
  ['four bytes of UTF-8', String.raw`"\ufffffff0\uffffff9f\uffffff98\uffffff80"`, '😀'],
  ['invalid bytes', String.raw`"bad\uffffffff\ufffffffeutf"`, 'bad\udcff\udcfeutf'],
  ['a sequence that the string limit cut', String.raw`"caf\uffffffc3"`, 'caf\udcc3'],
  ['a short escaped byte and its follower', String.raw`"\u00c3\u00a9"`, 'é'],
  ['a larger code point', String.raw`"\u20ac"`, '€'],
  ['an escape that JSON does not have', String.raw`"a\qb"`, String.raw`a\qb`],
  ['an unfinished \\u', String.raw`"\u12"`, String.raw`\u12`],
  ['empty', '""', ''],
])('string: %s', (_, line, expected) => {
  expect(valueOf(line)).toBe(expected)
})

test('raw bytes from 0x80 up (arm64 prints them so): UTF-8 is read, an invalid byte keeps its value', () => {
  expect(valueOf(wire('"café ☕"'))).toBe('café ☕')
  expect(valueOf('"bad\xff\xfeutf"')).toBe('bad\udcff\udcfeutf')
  expect(valueOf(String.raw`"\uffffffc3` + '\xa9"')).toBe('é')
})

test('whatever bytes a text has: written as UTF-8 they are as Node reads them, and no two texts become one', () => {
  const escaped = (bytes: readonly number[]): string =>
    `"${bytes.map((byte) => `\\u${byte < 0x80 ? '00' : 'ffffff'}${byte.toString(16).padStart(2, '0')}`).join('')}"`
  const byte = fc.oneof(
    fc.nat(255),
    fc.constantFrom(0xe2, 0x98, 0x95, 0xed, 0xa0, 0xf4, 0x90, 0xc0, 0xef, 0xbf, 0xbd),
  )
  fc.assert(
    fc.property(fc.array(byte), (bytes) => {
      const text = valueOf(escaped(bytes)) as string
      const back = Array.from(text).flatMap((each) => {
        const code = each.codePointAt(0) ?? 0
        return code >= 0xdc80 && code <= 0xdcff ? [code - 0xdc00] : [...Buffer.from(each)]
      })
      expect(back).toEqual(bytes)
      // Node takes a sequence that breaks off for one U+FFFD.
      expect(text.toWellFormed().replaceAll(/\ufffd+/g, '\ufffd')).toBe(
        Buffer.from(bytes)
          .toString('utf8')
          .replaceAll(/\ufffd+/g, '\ufffd'),
      )
    }),
  )
})

test('a control character may stand raw in a string: printf writes what the program had', () => {
  expect(valueOf('"a\tb\u0001c\nd"')).toBe('a\tb\u0001c\nd')
})

test.each([
  ['0', 0],
  ['-1', -1],
  ['9007199254740991', 9007199254740991],
  ['-9007199254740991', -9007199254740991],
  ['9007199254740992', 9007199254740992n],
  ['9007199254740993', 9007199254740993n],
  ['1795150740534578541', 1795150740534578541n],
  ['9223372036854775807', 9223372036854775807n],
  ['9223372036854775808', 9223372036854775808n],
  ['-9223372036854775808', -9223372036854775808n],
  ['18446744073709551615', 18446744073709551615n],
  ['0x7ffd5e8c', 0x7ffd5e8c],
  ['0xffffffff81a2b3c4', 0xffffffff81a2b3c4n],
  ['1.5', 1.5],
  ['-2e3', -2000],
  ['true', true],
  ['false', false],
  ['null', null],
])('%s keeps its exact value', (line, expected) => {
  expect(valueOf(line)).toBe(expected)
  expect(valueOf(`[${line}]`)).toEqual([expected])
  expect(valueOf(`{"a": ${line}, "b":${line}}`)).toEqual({ a: expected, b: expected })
})

test('nested arrays and objects, with white space wherever JSON allows it', () => {
  expect(valueOf(' [ 1 , [ ] , { } , [ [ "a" ] , { "b" : [ 2 ] } ] ]\r')).toEqual([
    1,
    [],
    {},
    [['a'], { b: [2] }],
  ])
})

test('nesting is bounded: no line can exhaust the stack', () => {
  expect(valueOf('['.repeat(32) + ']'.repeat(32))).toBeDefined()
  expect(parseJson('['.repeat(34) + ']'.repeat(34))).toMatchObject({ ok: false, reason: /nested deeper/ })
  expect(parseJson('['.repeat(1_000_000)).ok).toBe(false)
  expect(parseJson('{"a":'.repeat(100_000)).ok).toBe(false)
})

test('a line that was cut anywhere is a failure with its place, never a value and never an exception', () => {
  const line = String.raw`{"type": "value", "data": ["re\"quest",-1,true,1795150740534578541,{"a":"\uffffffc3"}]}`
  expect(parseJson(line).ok).toBe(true)
  for (let length = 0; length < line.length; length += 1) {
    const result = parseJson(line.slice(0, length))
    expect(result, line.slice(0, length)).toMatchObject({ ok: false })
    expect('at' in result && result.at).toSatisfy((at: number) => at >= 0 && at <= length)
  }
})

test.each([
  '',
  ' ',
  '[1,]',
  '[1 2]',
  '{"a"}',
  '{a:1}',
  '{"a":1,}',
  '1 2',
  'nul',
  '0x',
  '-',
  '+1',
  '"\\',
  'NaN',
])('is no value: %s', (line) => {
  expect(parseJson(line).ok).toBe(false)
})

test('the key __proto__ is a key like any other', () => {
  const value = valueOf('{"__proto__": {"polluted": 1}, "constructor": 2}') as { [key: string]: JsonValue }
  expect(Object.keys(value)).toEqual(['__proto__', 'constructor'])
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  expect('polluted' in {}).toBe(false)
  expect(value.polluted).toBeUndefined()
})

test('reads back every value that JSON.stringify writes', () => {
  const text = fc.string({ unit: 'binary' }).filter((each) => each.isWellFormed())
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      text,
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((each) => Math.abs(each) <= 2 ** 53 - 1),
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }))
  fc.assert(
    fc.property(value, (expected) => {
      const line = JSON.stringify(expected)
      expect(parseJson(wire(line))).toEqual({ ok: true, value: JSON.parse(line) })
    }),
  )
})

test('integers of 64 bits keep every digit', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (expected) => {
      expect(BigInt(valueOf(expected.toString()) as number | bigint)).toBe(expected)
    }),
  )
})

test('any bytes: a value or a failure, never an exception', () => {
  const likely = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    ':',
    '\\',
    '\\u',
    'ffffff',
    'c3',
    '1',
    'e',
    '-',
    ' ',
  )
  const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code))
  fc.assert(
    fc.property(fc.array(fc.oneof(likely, byte)), (parts) => {
      expect(typeof parseJson(parts.join('')).ok).toBe('boolean')
    }),
  )
})

test('a value as text: strings as they are, integers in full', () => {
  expect(jsonText('a"b')).toBe('a"b')
  expect(jsonText(2n ** 63n)).toBe('9223372036854775808')
  expect(jsonText(7)).toBe('7')
  expect(jsonText(undefined)).toBe('null')
  expect(jsonText([1, true, 'x'])).toBe('[1,true,"x"]')
})
