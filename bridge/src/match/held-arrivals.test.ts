// What would break: a line that is read from another's bytes, or with another's time, because its place was used again;
// memory that grows with every line that ever came.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { probeEvent } from '../../test/probe-events.ts'
import { HeldArrivals, type Arrival } from './held-arrivals.ts'

const chunks = Array.from({ length: 5 }, (_, chunk) => Buffer.alloc(10, chunk))
const lines = fc.record({
  bytes: fc.constantFrom(...chunks),
  start: fc.nat(1_000_000),
  end: fc.nat(1_000_000),
  block: fc.nat(100),
  counter: fc.nat(800),
  at: fc.tuple(fc.integer({ min: -1, max: 2 ** 40 }), fc.nat(999_999_999)),
  pid: fc.nat(2 ** 45),
  tid: fc.integer({ min: -1, max: 2 ** 22 }),
  bodyAt: fc.nat(1_000_000),
})
const arrivals: fc.Arbitrary<Arrival> = fc.oneof(
  { weight: 5, arbitrary: lines },
  fc.nat(100).map((tid) => probeEvent({ tid })),
)
const steps = fc.array(fc.oneof(arrivals, fc.nat(50)), { maxLength: 200 })

test('whatever is put is taken out as it was, in any order', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const held = new HeldArrivals()
      const model: { place: number; arrival: Arrival }[] = []
      const takeAt = (index: number): void => {
        for (const { place, arrival } of model.splice(index, 1)) expect(held.take(place)).toEqual(arrival)
      }
      for (const step of all) {
        if (typeof step === 'number') takeAt(step % Math.max(1, model.length))
        else model.push({ place: held.put(step), arrival: step })
      }
      while (model.length > 0) takeAt(0)
    }),
  )
})

test('places are used again, and more are made where many wait', () => {
  const held = new HeldArrivals()
  const [line] = fc.sample(lines, 1)
  if (!line) throw new Error('no line')
  const places = new Set<number>()
  for (let round = 0; round < 3; round += 1) {
    const put = Array.from({ length: 5000 }, (_, start) => held.put({ ...line, start }))
    for (const place of put) places.add(place)
    expect(put.map((place) => held.take(place))).toEqual(put.map((_, start) => ({ ...line, start })))
  }
  expect(places.size).toBe(5000)
})
