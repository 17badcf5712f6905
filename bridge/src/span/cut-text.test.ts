// What would break: a text that was cut and does not say so, one that is whole and is said to be cut, or a letter torn
// in the middle.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonText, parseJson } from '../bpftrace/json.ts'
import { cutText } from './cut-text.ts'

/** As the kernel and the reader of its lines do it: `bytesMax` bytes and one more, then UTF-8. */
function read(text: string | Buffer, bytesMax: number): string {
  const bytes = Buffer.from(text).subarray(0, bytesMax + 1)
  const parsed = parseJson(`"${bytes.toString('latin1').replace(/["\\]/g, '\\$&')}"`)
  return parsed.ok ? jsonText(parsed.value) : parsed.reason
}

const texts = fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', 'e\u0301', '"', '\\'), maxLength: 40 })

test('any text: whole where it fits, else a beginning of it that fits, of whole letters', () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 4, max: 40 }), (text, bytesMax) => {
      const cut = cutText(read(text, bytesMax), bytesMax)
      expect(cut === undefined).toBe(Buffer.byteLength(text) <= bytesMax)
      const shown = cut ?? text
      expect(text.startsWith(shown)).toBe(true)
      expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(bytesMax)
      expect(Buffer.byteLength(shown)).toBeGreaterThan(Math.min(Buffer.byteLength(text) - 1, bytesMax - 4))
    }),
    { numRuns: 1000 },
  )
})

test('bytes that are no UTF-8 count as one each, and are no part of a letter', () => {
  const bytes = Buffer.from([0xff, 0x61, 0xfe, 0x80])
  expect(cutText(read(bytes, 4), 4)).toBeUndefined()
  expect(cutText(read(bytes, 3), 3)).toBe(read(bytes, 2))
})

test('a letter is taken away whole, however much of it was read', () => {
  for (const letter of ['é', '€', '😀']) {
    for (let bytes = 1; bytes <= Buffer.byteLength(letter); bytes += 1) {
      expect(cutText(read(`ab${letter}${letter}`, bytes + 1), bytes + 1)).toBe('ab')
    }
  }
})

test('a text as long as may be is whole', () => {
  expect(cutText('x'.repeat(62), 62)).toBeUndefined()
  expect(cutText('x'.repeat(63), 62)).toBe('x'.repeat(62))
  expect(cutText('x'.repeat(5000), Infinity)).toBeUndefined()
})
