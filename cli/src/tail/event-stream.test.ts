import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventStream } from './event-stream.ts'

const text =
  'retry: 2000\n\nid: 7\n\n:\n\nevent: span\nid: 7+1\ndata: {"a":1}\n\n: words\n\ndata\ndata:x\ndata:  y\n\nevent: end\nid: 9\n\n'
const events = [
  { event: 'span', data: '{"a":1}' },
  { event: 'message', data: '\nx\n y' },
]

test('events and the last id are the same however the text is cut, and whichever line ends it has', () => {
  const cuts = fc.array(fc.nat(text.length))
  fc.assert(
    fc.property(cuts, fc.constantFrom('\n', '\r\n'), (cuts, lineEnd) => {
      const whole = text.replaceAll('\n', lineEnd)
      const places = [0, ...cuts.toSorted((a, b) => a - b), whole.length]
      const stream = new EventStream(undefined)
      const found = places.slice(1).flatMap((to, at) => [...stream.read(whole.slice(places[at], to))])
      expect([found, stream.lastId]).toEqual([events, '9'])
    }),
  )
})

test('an id counts once its event is whole', () => {
  const stream = new EventStream('3')
  expect([...stream.read('event: span\nid: 4\ndata: {}\n')]).toEqual([])
  expect(stream.lastId).toBe('3')
  expect([...stream.read('\n')]).toHaveLength(1)
  expect(stream.lastId).toBe('4')
})
