import fc from 'fast-check'
import { expect, test } from 'vitest'
import { everyField } from '../../test/every-field.ts'
import { protobufFromJson } from './json.ts'
import { exportRequestType, keyValueType, spanType } from './schema.ts'
import { isWellFormed } from './well-formed.ts'

const full = protobufFromJson(JSON.stringify(everyField(exportRequestType))).body

test('a message with every field is, and one with fields that nobody knows', () => {
  expect(isWellFormed(exportRequestType, full)).toBe(true)
  expect(isWellFormed(spanType, Buffer.from([0xf8, 0x7f, 0x05]))).toBe(true)
  expect(isWellFormed(spanType, Buffer.alloc(0))).toBe(true)
})

test.for([
  ['a field that is cut off', [0x0a, 0x05, 0x41]],
  ['one in a value', [0x0a, 0x01, 0x41, 0x12, 0x03, 0x0a, 0x7f, 0x41]],
  ['a known field written in another way', [0x08, 0x01]],
  ['a field of number 0', [0x00]],
  ['text that is no UTF-8', [0x0a, 0x01, 0xff]],
] as const)('%s is none', ([, bytes]) => expect(isWellFormed(keyValueType, Buffer.from(bytes))).toBe(false))

test('values within values end', () => {
  let value = Buffer.from([0x0a, 0x00])
  for (let depth = 0; depth < 120; depth++) {
    const list = Buffer.concat([Buffer.from([0x0a, value.length]), value])
    value = Buffer.concat([Buffer.from([0x2a, list.length]), list])
    if (value.length > 120) break
  }
  expect(isWellFormed(keyValueType, Buffer.concat([Buffer.from([0x12, value.length]), value]))).toBe(true)
})

test('what is taken for one can be decoded, whatever was damaged', () => {
  fc.assert(
    fc.property(fc.nat(full.length - 1), fc.nat(255), (at, byte) => {
      const damaged = Buffer.from(full)
      damaged[at] = byte
      const decode = (): unknown =>
        !isWellFormed(exportRequestType, damaged) || exportRequestType.decode(damaged)
      expect(decode).not.toThrow()
    }),
    { numRuns: 2_000 },
  )
})
