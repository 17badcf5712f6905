// What would break: a definition whose match is wrong, and a bridge that stays silent; or one that warns of a sound one.
import { expect, test } from 'vitest'
import { countingWords, definitionWith, probeEvent, spanDefinition } from '../../test/probe-events.ts'
import { parseDefinition } from '../definition/load.ts'
import type { SpanDefinition } from '../definition/definition.ts'
import { Matcher } from './matcher.ts'
import { UnpairedWatch } from './unpaired-watch.ts'

type Side = (index: number) => { key: string; pid?: number }

/** As many starts and ends of a span as `count`, by the keys given, through a real matcher. */
function watchOf(span: SpanDefinition, count: number, start: Side, end: Side): UnpairedWatch {
  const definition = definitionWith(span)
  const watch = new UnpairedWatch(definition)
  const matcher = new Matcher(definition, countingWords())
  for (let index = 0; index < count; index += 1) {
    const atNs = BigInt(index) * 1000n
    for (const event of [
      probeEvent({ span, phase: 'start', atNs, ...start(index) }),
      probeEvent({ span, phase: 'end', atNs: atNs + 1n, ...end(index) }),
    ]) {
      watch.see(event)
      for (const made of matcher.push(event)) watch.made(made)
    }
  }
  return watch
}

const span = spanDefinition({ match: { start: ['str(arg0)'], end: ['arg1'], point: [] } })
const differing = [
  (index: number) => ({ key: `r${index}` }),
  (index: number) => ({ key: `${index}` }),
] as const

test('keys that never meet: after a while, once, with both expressions, keys of both sides, and what to do', () => {
  const watch = watchOf(span, 20, ...differing)
  expect(watch.due(1000)).toEqual([])
  expect(watch.due(10_999)).toEqual([])
  expect(watch.due(11_000)).toEqual([
    `no span "request" so far: 20 starts and 20 ends came, and no start has met its end. They pair where the match has the same value on both sides, in one process:
  start: str(arg0) = "r0" (process 1), "r1" (process 1), "r2" (process 1)
  end:   arg1 = "0" (process 1), "1" (process 1), "2" (process 1)
  spans.request.match: take an argument that both probes pass, as { start: argN, end: argM } where it stands at different places. Where its spans take longer than 10 s, wait`,
  ])
  expect(watch.due(60_000)).toEqual([])
  expect(watch.isWatching).toBe(false)
})

test('one pair is enough, also after many that were none', () => {
  const watch = watchOf(
    span,
    100,
    (index) => ({ key: `${index}` }),
    () => ({ key: '99' }),
  )
  expect(watch.isWatching).toBe(false)
  expect(watch.due(0).concat(watch.due(60_000))).toEqual([])
})

test('few events say nothing yet', () => {
  const watch = watchOf(span, 19, ...differing)
  expect(watch.due(0).concat(watch.due(60_000))).toEqual([])
})

test.each<[what: string, match: string[], start: Side, end: Side, words: RegExp]>([
  [
    'an empty key',
    ['str(arg0)'],
    () => ({ key: '' }),
    () => ({ key: '' }),
    /= "" \(process 1\).*a number is argN alone/s,
  ],
  [
    'other processes',
    ['arg0'],
    () => ({ key: 'k' }),
    () => ({ key: 'k', pid: 2 }),
    /"k" \(process 2\).*different processes/s,
  ],
  [
    'other threads',
    ['tid'],
    (at) => ({ key: `1${at}` }),
    (at) => ({ key: `2${at}` }),
    /tid is right only where one thread/,
  ],
  [
    'parts',
    ['tid', 'arg0'],
    () => ({ key: '7\u001fx' }),
    () => ({ key: '7\u001fy' }),
    /start: tid, arg0 = "7\\u001fx"/,
  ],
])('%s: what to do about it', (_, match, start, end, words) => {
  const watch = watchOf(spanDefinition({ match: { start: match, end: match, point: [] } }), 20, start, end)
  watch.due(0)
  expect(watch.due(10_000).join()).toMatch(words)
})

test('paired in the kernel: the ends that the program counted', () => {
  const body = '{ start: a, end: b, match: { start: arg0, end: arg1 }, pair: kernel }'
  const watch = new UnpairedWatch(parseDefinition(`name: s\nprovider: p\nspans:\n  job: ${body}`, 'x.yaml'))
  watch.print({ '@orphans0': 19 })
  expect(watch.due(0)).toEqual([])
  watch.print({ '@orphans0': 57 })
  watch.due(1)
  expect(watch.due(10_001)).toEqual([
    expect.stringMatching(
      /57 ends and none found its start in the kernel.*\n {2}start: arg0\n {2}end: {3}arg1\n {2}x\.yaml:4:\d+: spans\.job\.match: /,
    ),
  ])
})

test('a span of one probe is none that could pair', () => {
  const point = spanDefinition({ probes: { point: { kind: 'usdt', provider: 'p', name: 'x' } } })
  expect(new UnpairedWatch(definitionWith(point)).isWatching).toBe(false)
})
