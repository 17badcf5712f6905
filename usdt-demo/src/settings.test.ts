// What would break: a setting that is silently ignored, or a message that does not say which value is wrong.
import { expect, test } from 'vitest'
import { parseShopSettings, parseTrafficSettings } from './settings.ts'

test('an empty environment gives the defaults', () => {
  expect(parseShopSettings({})).toEqual({ host: '127.0.0.1', port: 3052, logFile: undefined })
  expect(parseTrafficSettings({ REQUESTS: '' })).toEqual({
    url: 'http://127.0.0.1:3052',
    requests: Infinity,
    concurrency: 8,
    ratePerSecond: undefined,
  })
})

test('each variable is read', () => {
  expect(parseShopSettings({ SHOP_HOST: '::1', SHOP_PORT: '0', SHOP_LOG: 'a.log' })).toEqual({
    host: '::1',
    port: 0,
    logFile: 'a.log',
  })
  const traffic = { SHOP_URL: 'https://shop.test', REQUESTS: '12', CONCURRENCY: '3', RATE_PER_SECOND: '0.5' }
  expect(parseTrafficSettings(traffic)).toEqual({
    url: 'https://shop.test',
    requests: 12,
    concurrency: 3,
    ratePerSecond: 0.5,
  })
})

test.each(['abc', '-1', '65536', '1.5', ' 80', '0x50'])('port %j is refused by name and value', (port) => {
  expect(() => parseShopSettings({ SHOP_PORT: port })).toThrow(
    `SHOP_PORT is ${JSON.stringify(port)}: it must be an integer from 0 (any free port) to 65535`,
  )
})

test('all wrong variables are named at once', () => {
  const wrong = { SHOP_URL: 'ftp://shop.test', REQUESTS: '0', CONCURRENCY: '1001', RATE_PER_SECOND: '-3' }
  expect(() => parseTrafficSettings(wrong)).toThrow(
    [
      'SHOP_URL is "ftp://shop.test": it must be an http:// or https:// URL',
      'REQUESTS is "0": it must be an integer from 1 to 1000000000, or Infinity',
      'CONCURRENCY is "1001": it must be an integer from 1 to 1000',
      'RATE_PER_SECOND is "-3": it must be a number from 0.001 to 100000',
    ].join('\n'),
  )
})
