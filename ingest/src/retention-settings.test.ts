import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

test('a week and 20 GiB are kept unless told otherwise', () => {
  expect(readConfig({}).retention).toEqual({ ageMs: 7 * 86_400_000, bytes: 20 * 2 ** 30, rules: [] })
})

test('ages, sizes and rules, and none for no bound', () => {
  const env = {
    PROBESPAN_RETENTION_AGE: 'none',
    PROBESPAN_RETENTION_BYTES: '512MiB',
    PROBESPAN_RETENTION_RULES:
      '[{"service":"shop","age":"none"},{"source":"ebpf","age":"12h","bytes":"2GiB"}]',
  }
  expect(readConfig(env).retention).toEqual({
    ageMs: undefined,
    bytes: 512 * 2 ** 20,
    rules: [
      { source: undefined, service: 'shop', ageMs: Number.POSITIVE_INFINITY, bytes: undefined },
      { source: 'ebpf', service: undefined, ageMs: 43_200_000, bytes: 2 * 2 ** 30 },
    ],
  })
})

test.each([
  ['PROBESPAN_RETENTION_AGE', '7 days', /number and s, m, h or d/],
  ['PROBESPAN_RETENTION_AGE', '0d', /number and s, m, h or d/],
  ['PROBESPAN_RETENTION_BYTES', '20GB', /MiB, GiB or TiB/],
  ['PROBESPAN_RETENTION_RULES', 'shop=7d', /JSON list of rules/],
  ['PROBESPAN_RETENTION_RULES', '[{"sevice":"shop","age":"1d"}]', /sevice/],
  ['PROBESPAN_RETENTION_RULES', '[{"source":"everyone","age":"1d"}]', /0\.source/],
])('%s=%s is a mistake that says what is wanted', (name, value, words) => {
  expect(() => readConfig({ [name]: value })).toThrow(words)
})
