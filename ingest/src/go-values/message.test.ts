import protobuf from 'protobufjs'
import { expect, test } from 'vitest'
import { jsonOf, protobufOf } from './message.ts'

const { root } = protobuf.parse(`
syntax = "proto3";
enum Colour { RED = 0; GREEN = 1; }
message Inner { string text = 1; }
message All {
  string text = 1;
  bool flag = 2;
  int64 big = 3;
  uint64 unsigned = 4;
  fixed64 fixed = 5;
  int32 small = 6;
  double real = 7;
  bytes raw = 8;
  Colour colour = 9;
  Inner inner = 10;
  repeated Inner list = 11;
  map<string, Inner> by_name = 12;
  oneof value { string as_text = 13; int64 as_int = 14; }
}`)
root.resolveAll()
const all = root.lookupType('All')

const full = {
  text: 'a',
  flag: true,
  big: -(2n ** 63n),
  unsigned: 2n ** 64n - 1n,
  fixed: 2n ** 60n,
  small: -5,
  real: 0.5,
  raw: new Uint8Array([0, 255]),
  colour: 1,
  inner: { text: 'b' },
  list: [{ text: 'c' }, {}],
  byName: { d: { text: 'e' }, f: {} },
  asInt: 0n,
}

test('as JSON: 64 bits in quotes, enums by name, bytes as base64, a oneof also where it is zero', () => {
  expect(jsonOf(all, full)).toEqual({
    text: 'a',
    flag: true,
    big: '-9223372036854775808',
    unsigned: '18446744073709551615',
    fixed: '1152921504606846976',
    small: -5,
    real: 0.5,
    raw: 'AP8=',
    colour: 'GREEN',
    inner: { text: 'b' },
    list: [{ text: 'c' }, {}],
    byName: { d: { text: 'e' }, f: {} },
    asInt: '0',
  })
})

test('what has its default, and fields of no such name, are left out', () => {
  const zeros = { text: '', flag: false, big: 0n, small: 0, real: 0, colour: 0, list: [], unknown: 'x' }
  expect(jsonOf(all, zeros)).toEqual({})
  expect(jsonOf(all, { inner: {} })).toEqual({ inner: {} })
})

test('numbers that JSON does not have are named', () => {
  expect(jsonOf(all, { real: Number.NaN })).toEqual({ real: 'NaN' })
  expect(jsonOf(all, { real: Number.NEGATIVE_INFINITY })).toEqual({ real: '-Infinity' })
})

test('as protobuf it is the same message', () => {
  const decoded = all.toObject(all.decode(protobufOf(all, full)), {
    longs: BigInt,
    enums: String,
    bytes: String,
  })
  expect(
    JSON.parse(JSON.stringify(decoded, (_key, value) => (typeof value === 'bigint' ? String(value) : value))),
  ).toMatchObject({
    text: 'a',
    big: '-9223372036854775808',
    unsigned: '18446744073709551615',
    fixed: '1152921504606846976',
    raw: 'AP8=',
    colour: 'GREEN',
    list: [{ text: 'c' }, {}],
    byName: { d: { text: 'e' }, f: {} },
  })
})
