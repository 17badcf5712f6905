import { expect, test } from 'vitest'
import { formatNano, formatNumber, formatRate, spark } from './figure.ts'

test.each([
  [0, '0'],
  [12, '12'],
  [0.012345, '0.0123'],
  [12.345, '12.3'],
  [12_345.6, '12346'],
])('%d is %s', (value, text) => {
  expect(formatNumber(value)).toBe(text)
  expect(formatRate(value)).toBe(`${text}/s`)
})

test('a quantile that is not there is empty', () => {
  expect([formatNano('1500000'), formatNano(undefined)]).toEqual(['1.5 ms', ''])
})

test('a series is drawn from 0 to its largest value, with gaps', () => {
  expect(spark([0, 1, null, 4, 8])).toBe('▁▂ ▅█')
  expect(spark([0, 0])).toBe('▁▁')
  expect(spark([])).toBe('')
})
