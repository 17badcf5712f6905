// Values at which reading bpftrace's output goes wrong: texts that its JSON escapes in ways of its own or not at all,
// and integers around the limits of 32 and 64 bits and of a double. Texts are shorter than the 63 bytes of 0.17.
import type { Values } from './value-program.ts'

const texts: readonly (string | number[])[] = [
  'plain',
  '',
  'a "quoted" word',
  'back\\slash and \\"both\\"',
  'line\nend, tab\t, return\r',
  'control \u0001\u001f\u007f',
  'two spaces  and, commas',
  'naïve café ☕ 😀',
  [0x62, 0x61, 0x64, 0xff, 0xfe, 0x20, 0x78],
  // A sequence that is cut, and bytes that no sequence begins with.
  [0x63, 0x61, 0x66, 0xc3],
  [0x80, 0xbf, 0x41],
  '{"event":"x","reqid":"%s"}',
  '\\uffffffc3 as the program wrote it',
  'x'.repeat(63),
]
const signed = [0n, -1n, 42n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 53n - 1n]
const unsigned = [0n, 1n, 2n ** 64n - 1n, 2n ** 63n, 2n ** 53n + 1n, 2n ** 53n - 1n, 2n ** 32n]
const signed32 = [0, -1, 2 ** 31 - 1, -(2 ** 31), 10]
const unsigned32 = [0, 1, 2 ** 32 - 1, 2 ** 31]

export const extremes: readonly Values[] = texts.map((text, index) => ({
  text: Buffer.from(text as string),
  signed: turn(signed, index),
  unsigned: turn(unsigned, index),
  signed32: turn(signed32, index),
  unsigned32: turn(unsigned32, index),
}))

function turn<T>(values: readonly T[], index: number): T {
  return values[index % values.length]!
}
