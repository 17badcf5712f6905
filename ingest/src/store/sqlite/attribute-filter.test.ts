import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { AttributeFilter, mayHold } from './attribute-filter.ts'

test('what was added is never denied', () => {
  const hashes = fc.array(fc.integer(), { maxLength: 300 })
  fc.assert(
    fc.property(fc.nat(9_000), hashes, (spanCount, added) => {
      const filter = new AttributeFilter(spanCount)
      for (const hash of added) filter.add(hash)
      const bytes = filter.toBytes()
      expect(added.filter((hash) => !mayHold(bytes, hash))).toEqual([])
    }),
  )
})

test.each([
  { spans: 1, attributes: 10, bytesMax: 64 },
  { spans: 400, attributes: 1_500, bytesMax: 4_096 },
  { spans: 8_000, attributes: 24_000, bytesMax: 65_536 },
])(
  'of $attributes attributes few that are not there are taken for there',
  ({ spans, attributes, bytesMax }) => {
    const filter = new AttributeFilter(spans)
    const numberOf = (index: number) => Math.imul(index, 0x9e3779b1) ^ (index >>> 3)
    for (let index = 0; index < attributes; index++) filter.add(numberOf(index))
    const bytes = filter.toBytes()
    expect(bytes.length).toBeLessThanOrEqual(bytesMax)
    const asked = 20_000
    let taken = 0
    for (let index = 0; index < asked; index++) if (mayHold(bytes, numberOf(index + 1e8))) taken++
    expect(taken / asked).toBeLessThan(0.06)
  },
)
