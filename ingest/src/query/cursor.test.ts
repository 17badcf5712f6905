import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readCursor, writeCursor } from './cursor.ts'

const place = fc.record({
  asOfBlock: fc.nat(2 ** 40),
  key: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  traceId: fc.stringMatching(/^[\da-f]{32}$/),
})
const askedFor = { service: 'shop', attribute: ['a=b'], order: 'newest', q: undefined }
const some = { asOfBlock: 7, key: 1_700_000_000_000_000_000n, traceId: 'ab'.repeat(16) }

test('a place is read back as it was written, and needs no escaping in an address', () => {
  fc.assert(
    fc.property(place, (given) => {
      const text = writeCursor(given, askedFor)
      expect(encodeURIComponent(text)).toBe(text)
      expect(readCursor(text, askedFor)).toEqual({ ok: true, place: given })
    }),
  )
})

test('the order in which parameters were given is no matter, nor those that were not', () => {
  const { service, attribute, order } = askedFor
  expect(readCursor(writeCursor(some, askedFor), { order, attribute, service })).toMatchObject({ ok: true })
})

test.each([
  [{ ...askedFor, service: 'cart' }],
  [{ ...askedFor, order: 'slowest' }],
  [{ ...askedFor, attribute: ['a=b', 'c=d'] }],
  [{ ...askedFor, q: '{ }' }],
  [{}],
])('it does not go with %o', (other) => {
  expect(readCursor(writeCursor(some, askedFor), other)).toEqual({
    ok: false,
    mistake: expect.stringContaining('must go with the filters and the order'),
  })
})

test('one letter changed, left out or added, and it is told to be broken', () => {
  const text = writeCursor(some, askedFor)
  const mistake = expect.stringContaining('must be the "next" of an answer, whole')
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === 'A' ? 'B' : 'A'
    const broken = [text.slice(0, at) + other + text.slice(at + 1), text.slice(0, at) + text.slice(at + 1)]
    for (const each of broken) expect(readCursor(each, askedFor)).toEqual({ ok: false, mistake })
  }
  for (const each of ['', 'x', `${text}A`, `${text}=`, ` ${text}`]) {
    expect(readCursor(each, askedFor)).toEqual({ ok: false, mistake })
  }
})
