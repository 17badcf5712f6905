import { expect, test } from 'vitest'
import { sharesToDrop } from './retention.ts'
import type { KeptBlock, Retention } from './retention.ts'

const blockAt = (storedMs: number, ...shares: [service: string, bytes: number][]): KeptBlock => ({
  storedMs,
  shares: shares.map(([service, bytes]) => ({ source: 'otlp', service, bytes })),
})
const retention = (over: Partial<Retention>): Retention => ({
  ageMs: undefined,
  bytes: undefined,
  rules: [],
  ...over,
})
/** Names of the services that go, block by block. */
const dropped = (rules: Retention, blocks: readonly KeptBlock[], nowMs: number, storedBytes = 0) =>
  sharesToDrop(rules, blocks, nowMs, storedBytes).map((drop) => [...drop].map(({ service }) => service))

test('what is as old as allowed stays, what is older goes', () => {
  const blocks = [blockAt(0, ['a', 1]), blockAt(1, ['a', 1])]
  expect(dropped(retention({ ageMs: 10 }), blocks, 11)).toEqual([['a'], []])
  expect(dropped(retention({}), blocks, 1e12)).toEqual([[], []])
})

test('the first rule with an age that fits decides, longer or shorter than the general one', () => {
  const rules = [{ service: 'kept', ageMs: 100 }, { service: 'short', ageMs: 2 }, { ageMs: 50 }]
  const blocks = [blockAt(0, ['kept', 1], ['short', 1], ['other', 1])]
  const keeping = retention({ ageMs: 10, rules })
  expect(dropped(keeping, blocks, 3)).toEqual([['short']])
  expect(dropped(keeping, blocks, 51)).toEqual([['short', 'other']])
  expect(dropped(keeping, blocks, 101)).toEqual([['kept', 'short', 'other']])
})

test('beyond its bytes a service loses its oldest spans, a little more than it must', () => {
  const blocks = Array.from({ length: 40 }, (_, at) => blockAt(at, ['big', 10], ['other', 10]))
  const drops = dropped(retention({ rules: [{ service: 'big', bytes: 350 }] }), blocks, 40)
  // 400 stored, 350 allowed, 332 kept.
  expect(drops.slice(0, 7)).toEqual(Array.from({ length: 7 }, () => ['big']))
  expect(drops.slice(7).flat()).toEqual([])
})

test('the bound of the whole counts what the database holds besides blocks, and what goes anyway', () => {
  const blocks = Array.from({ length: 10 }, (_, at) => blockAt(at, ['a', 10]))
  expect(dropped(retention({ bytes: 200 }), blocks, 10, 200).flat()).toHaveLength(0)
  expect(dropped(retention({ bytes: 200 }), blocks, 10, 201).flat()).toHaveLength(2)
  expect(dropped(retention({ bytes: 200, ageMs: 8 }), blocks, 10, 210).flat()).toHaveLength(2)
})
