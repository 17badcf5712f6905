import { expect, test } from 'vitest'
import { formatDuration, parseSince, parseSpanDuration } from './duration.ts'

test.each([
  [0n, '0 ns'],
  [980n, '980 ns'],
  [1_000n, '1 µs'],
  [1_234n, '1.234 µs'],
  [1_234_567n, '1.235 ms'],
  [12_500_000n, '12.5 ms'],
  [999_999_999n, '1 s'],
  [999_999_000n, '999.999 ms'],
  [2_500_000_000n, '2.5 s'],
  [59_999_000_000n, '59.999 s'],
  [59_999_600_000n, '1 min 0 s'],
  [184_000_000_000n, '3 min 4 s'],
  [-1_500n, '-1.5 µs'],
])('%d nanoseconds read as %s', (nanoseconds, text) => {
  expect(formatDuration(nanoseconds)).toBe(text)
})

test.each([
  ['0ns', 0n],
  ['250ms', 250_000_000n],
  ['3us', 3_000n],
  ['2m', 120_000_000_000n],
  ['1.5s', undefined],
  ['250', undefined],
  ['1h', undefined],
])('--min-duration %s', (text, nanoseconds) => {
  expect(parseSpanDuration(text)).toBe(nanoseconds)
})

test.each([
  ['30s', 30_000_000_000n],
  ['15m', 900_000_000_000n],
  ['2h', 7_200_000_000_000n],
  ['1d', 86_400_000_000_000n],
  ['15', undefined],
  ['-1h', undefined],
  ['1w', undefined],
])('--since %s', (text, nanoseconds) => {
  expect(parseSince(text)).toBe(nanoseconds)
})
