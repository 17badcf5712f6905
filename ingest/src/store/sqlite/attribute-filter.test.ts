import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { AttributeFilter, framesHolding, framesTold } from './attribute-filter.ts'
import { placesOf, sliceFramesHolding, sliceOf, slicesOf } from './query/filter-slices.ts'

test('what was added is never denied, in its frame, whole or in slices of several filters', () => {
  const hashes = fc.array(fc.tuple(fc.integer(), fc.nat(20)), { maxLength: 300 })
  const filters = fc.array(fc.tuple(fc.nat(9_000), hashes), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(filters, (blocks) => {
      const made = blocks.map(([spanCount, added]) => {
        const filter = new AttributeFilter(spanCount)
        for (const [hash, frame] of added) filter.add(hash, frame)
        return filter.toBytes()
      })
      const slices = slicesOf(made)
      const places = placesOf(made.map(({ length }) => length))
      for (const [block, [, added]] of blocks.entries()) {
        const [filter, place] = [made[block], places[block]]
        if (filter === undefined || place === undefined) throw new Error('no such filter')
        for (const [hash, frame] of added) {
          const frames = framesHolding(filter, hash)
          expect((frames >> (frame % framesTold)) & 1).toBe(1)
          expect(sliceFramesHolding(slices[sliceOf(hash)] ?? Buffer.alloc(0), place, hash)).toBe(frames)
        }
      }
    }),
  )
})

test.each([
  { spans: 1, attributes: 10, bytesMax: 132 },
  { spans: 400, attributes: 1_500, bytesMax: 8_196 },
  { spans: 8_000, attributes: 24_000, bytesMax: 65_540 },
])(
  'of $attributes attributes few that are not there are taken for there',
  ({ spans, attributes, bytesMax }) => {
    const filter = new AttributeFilter(spans)
    const numberOf = (index: number) => Math.imul(index, 0x9e3779b1) ^ (index >>> 3)
    for (let index = 0; index < attributes; index++) filter.add(numberOf(index), index % framesTold)
    const bytes = filter.toBytes()
    expect(bytes.length).toBeLessThanOrEqual(bytesMax)
    const asked = 20_000
    let taken = 0
    for (let index = 0; index < asked; index++) if (framesHolding(bytes, numberOf(index + 1e8)) !== 0) taken++
    expect(taken / asked).toBeLessThan(0.04)
  },
)
