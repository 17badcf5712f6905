import type { SourceFilter } from '@probespan/ingest/wire'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { limits, parseSearch, readListSearch, stringifySearch, tracesPath } from './search.ts'
import type { ListSearch, RangeName } from './search.ts'

test('an address with filters asks the API for just those', () => {
  const search = readListSearch(parseSearch('?source=ebpf&service=shop%20%26%20co&range=15m&limit=200'))
  const path = tracesPath(search, 1_795_151_521_123)
  const query = new URLSearchParams(path.slice('/api/traces?'.length))
  expect(Object.fromEntries(query)).toEqual({
    source: 'ebpf',
    service: 'shop & co',
    limit: '200',
    start: '1795150621123000000',
  })
})

test('a further page is asked for by its cursor', () => {
  expect(tracesPath({}, 0, 'a-b_c')).toBe('/api/traces?limit=50&cursor=a-b_c')
})

test('an address without filters asks for the newest 50 of all times', () => {
  expect(tracesPath(readListSearch(parseSearch('')), 0)).toBe('/api/traces?limit=50')
})

test.each([
  '?source=jaeger',
  '?range=1y',
  '?limit=0',
  '?limit=1001',
  '?limit=many',
  '?service=',
  '?source=toString',
])('what is no filter, as in %s, is left out rather than sent', (address) => {
  expect(readListSearch(parseSearch(address))).toEqual({})
})

test('a span id of digits only keeps all its digits', () => {
  expect(parseSearch('?span=9007199254740993')).toEqual({ span: '9007199254740993' })
})

test('filters survive the way into the address and back', () => {
  const sources: SourceFilter[] = ['ebpf', 'bpftrace', 'beyla', 'otlp', 'http', 'scheduler']
  const rangeNames: RangeName[] = ['15m', '1h', '6h', '24h']
  const anySearch = fc.record(
    {
      source: fc.constantFrom(...sources),
      service: fc.string({ minLength: 1, unit: 'grapheme' }),
      range: fc.constantFrom(...rangeNames),
      limit: fc.constantFrom(...limits.slice(1)),
      live: fc.constant(true as const),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(anySearch, (search: ListSearch) => {
      expect(readListSearch(parseSearch(stringifySearch(search)))).toEqual(search)
    }),
  )
})
