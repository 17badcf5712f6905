import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { keyValueType } from '../../otlp/schema.ts'
import { WireReader } from '../../otlp/wire-reader.ts'
import { writtenHashes, attributeHash, isAsked } from './attribute-hash.ts'

const hashOf = (bytes: Buffer) => attributeHash(new WireReader(bytes), 0, bytes.length)
const encoded = (key: string, value: object) => Buffer.from(keyValueType.encode({ key, value }).finish())
const halves = (value: bigint) => ({
  low: Number(BigInt.asIntN(32, value)),
  high: Number(BigInt.asIntN(32, value >> 32n)),
})
const field = (tag: number, content: Buffer) => Buffer.concat([Buffer.from([tag, content.length]), content])

test('what is stored is found as a user writes it', () => {
  const int64 = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)
  const values = fc.oneof(
    fc.string({ maxLength: 300, unit: 'grapheme' }).map((text) => [text, { stringValue: text }] as const),
    int64.map((value) => [String(value), { intValue: halves(value) }] as const),
    fc.boolean().map((value) => [String(value), { boolValue: value }] as const),
    fc.double({ noNaN: true }).map((value) => [String(value), { doubleValue: value }] as const),
  )
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 100 }), values, (key, [text, value]) => {
      expect(writtenHashes(key, text)).toContain(hashOf(encoded(key, value)))
    }),
    { numRuns: 2_000 },
  )
})

test('unusual ways to write the same attribute have the same number', () => {
  const usual = hashOf(encoded('code', { intValue: halves(200n) }))
  const key = field(0x0a, Buffer.from('code'))
  const value = (...bytes: number[]) => field(0x12, Buffer.from(bytes))
  const long = value(0x18, 0xc8, 0x81, 0x80, 0x00)
  expect(hashOf(Buffer.concat([key, value(0x18, 0xc8, 0x01)]))).toBe(usual)
  expect(hashOf(Buffer.concat([value(0x18, 0xc8, 0x01), key]))).toBe(usual)
  expect(hashOf(Buffer.concat([key, long]))).toBe(usual)
  expect(hashOf(Buffer.concat([field(0x0a, Buffer.from('other')), key, value(0x18, 0xc8, 0x01)]))).toBe(usual)
  expect(hashOf(Buffer.concat([key, value(0x18, 0x07, 0x18, 0xc8, 0x01)]))).toBe(usual)
})

test('lists, bytes and damaged attributes have no number', () => {
  expect(hashOf(encoded('a', { bytesValue: Buffer.from('x') }))).toBeUndefined()
  expect(hashOf(encoded('a', { arrayValue: { values: [] } }))).toBeUndefined()
  expect(hashOf(Buffer.from([0x0a, 0x7f]))).toBeUndefined()
})

test('a number is equal to what is written as that number, a text only to itself', () => {
  expect(isAsked({ doubleValue: 1 }, '1.0')).toBe(true)
  expect(isAsked({ doubleValue: 0 }, '')).toBe(false)
  expect(isAsked({ stringValue: '1.0' }, '1')).toBe(false)
  expect(isAsked({ intValue: '1' }, '1')).toBe(true)
})
