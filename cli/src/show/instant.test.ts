import { expect, test } from 'vitest'
import { formatInstant, parseInstant } from './instant.ts'

test.each([
  ['2026-01-31T12:00:00Z', 1_769_860_800_000_000_000n],
  ['2026-01-31 12:00:00.000123', 1_769_860_800_000_123_000n],
  ['2026-01-31 12:00:00.123456789', 1_769_860_800_123_456_789n],
  ['2026-01-31T13:00+01:00', 1_769_860_800_000_000_000n],
  ['2026-01-31', 1_769_817_600_000_000_000n],
  ['1769860800000000001', 1_769_860_800_000_000_001n],
  ['2026-13-31', undefined],
  ['yesterday', undefined],
  ['12:00', undefined],
  ['', undefined],
])('%s is %s', (text, unixNano) => {
  expect(parseInstant(text)).toBe(unixNano)
})

test('a time as tables show it can be given back', () => {
  const unixNano = 1_769_860_800_123_456_000n
  expect(formatInstant(unixNano)).toBe('2026-01-31 12:00:00.123456')
  expect(parseInstant(formatInstant(unixNano))).toBe(unixNano)
})
