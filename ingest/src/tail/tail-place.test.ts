import fc from 'fast-check'
import { expect, test } from 'vitest'
import { placeId, readPlace } from './tail-place.ts'

test('a place is read as it was written', () => {
  const places = fc.record({ block: fc.nat(2 ** 31 - 1), done: fc.nat(999_999_999) })
  fc.assert(
    fc.property(places, (place) => {
      expect(readPlace(placeId(place))).toEqual(place)
    }),
  )
})

test.each(['', 'x', '-1', '1+', '+1', '1.5', '1 ', '9999999999999999', '1+1+1'])('%j is no place', (id) => {
  expect(readPlace(id)).toBeUndefined()
})
