// What would break: a start offered with an end that is another's, or a pair that is there and not offered.
import { expect, test } from 'vitest'
import { probe } from '../../test/probe-summaries.ts'
import { findPairs } from './pairs.ts'

const pairsOf = (...names: string[]) =>
  findPairs(names.map((name) => probe('p', name))).map(({ stem, start, end }) => [stem, start.name, end.name])

test.each([
  ['query__start', 'query__done', 'query'],
  ['gc__begin', 'gc__end', 'gc'],
  ['request_start', 'request_end', 'request'],
  ['requestStart', 'requestEnd', 'request'],
  ['querystart', 'queryend', 'query'],
  ['QUERY_START', 'QUERY_END', 'QUERY'],
  ['method__entry', 'method__return', 'method'],
  ['request__startup', 'request__shutdown', 'request'],
  ['lock_enter', 'lock_exit', 'lock'],
  ['start_query', 'end_query', 'query'],
  ['io__start__read', 'io__done__read', 'io__read'],
  ['start', 'end', ''],
])('%s and %s are a pair: "%s"', (start, end, stem) => {
  expect(pairsOf(end, start)).toEqual([[stem, start, end]])
})

test.each([
  [['query__start', 'parse__done']],
  [['query__start']],
  // Words within words.
  [['restarting_x', 'reending_x']],
  [['starter_x', 'ender_x']],
  [['transaction__start', 'transaction__commit', 'transaction__abort']],
])('%j has none', (names) => {
  expect(pairsOf(...names)).toEqual([])
})

test('no probe is in two pairs, and the closer words win', () => {
  expect(pairsOf('a__start', 'a__end', 'a__done', 'a__begin')).toEqual([['a', 'a__start', 'a__end']])
  expect(pairsOf('m__enter', 'm__entered', 'm__exit')).toEqual([['m', 'm__enter', 'm__entered']])
})

test('the last word of a name is the one that differs', () => {
  expect(pairsOf('start_start', 'start_end', 'end_start')).toEqual([['start', 'start_start', 'start_end']])
})

test('two providers have no pair together', () => {
  expect(findPairs([probe('a', 'x_start'), probe('b', 'x_end')])).toEqual([])
})
