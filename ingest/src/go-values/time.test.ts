import { expect, test } from 'vitest'
import { anyTimeOf, rfc3339Of, unixOf } from './time.ts'

const second = 1_700_000_000_000_000_000n

test.for([
  ['2023-11-14T22:13:20Z', second],
  ['2023-11-14T22:13:20.123456789Z', second + 123_456_789n],
  ['2023-11-14T22:13:20.5Z', second + 500_000_000n],
  ['2023-11-15T00:13:20+02:00', second],
  // Its + not escaped.
  ['2023-11-15T00:13:20 02:00', second],
] as const)('%s', ([text, nanos]) => expect(rfc3339Of(text)).toBe(nanos))

test.for(['', '2023-11-14', '2023-13-14T22:13:20Z', '2023-11-14T22:13:20', 'now'])('%j is no time', (text) =>
  expect(rfc3339Of(text)).toBeUndefined(),
)

test.for([
  ['1700000000', second],
  ['1700000000.25', second + 250_000_000n],
  ['1700000000000000001', second + 1n],
  ['2023-11-14T22:13:20Z', second],
] as const)('%s in any form', ([text, nanos]) => expect(anyTimeOf(text)).toBe(nanos))

test('what does not fit is none', () => {
  expect(unixOf('9999999999999999999', 1_000n)).toBeUndefined()
  expect(unixOf('-5', 1n)).toBeUndefined()
  expect(anyTimeOf('1.2.3')).toBeUndefined()
})
