import * as fc from 'fast-check'
import protobuf from 'protobufjs'
import { expect, test } from 'vitest'
import { WireReader } from './wire-reader.ts'

function fieldEnds(read: () => number, skip: (tag: number) => void, position: () => number, end: number) {
  const ends: number[] = []
  while (position() < end) {
    skip(read())
    ends.push(position())
  }
  return ends
}

function outcome(run: () => number[]): number[] | 'refused' {
  try {
    return run()
  } catch {
    return 'refused'
  }
}

test('any bytes are stepped through as protobufjs does, or refused by both', () => {
  const field = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 12 }),
    fc.constantFrom(
      new Uint8Array([0x0a, 2, 1, 1]),
      new Uint8Array([0x08, 0xff, 0x01]),
      new Uint8Array([0x09, 1, 2, 3, 4, 5, 6, 7, 8]),
      new Uint8Array([0x0d, 1, 2, 3, 4]),
      new Uint8Array([0x0b, 0x10, 1, 0x0c]),
    ),
  )
  fc.assert(
    fc.property(fc.array(field, { maxLength: 6 }), (fields) => {
      const bytes = Buffer.concat(fields)
      const theirs = protobuf.Reader.create(bytes)
      const ours = new WireReader(bytes)
      ours.enter(0, bytes.length)
      const expected = outcome(() =>
        fieldEnds(
          () => theirs.uint32(),
          (tag) => void theirs.skipType(tag & 7, 0, tag >>> 3),
          () => theirs.pos,
          bytes.length,
        ),
      )
      const found = outcome(() =>
        fieldEnds(
          () => ours.varint(),
          (tag) => ours.skipField(tag),
          () => ours.pos,
          bytes.length,
        ),
      )
      expect(found).toEqual(expected)
    }),
    { numRuns: 3_000 },
  )
})
