// What would break: a start that stays open for its ttl though its process is gone, one of another process that is
// given up with it, or a span that was cut off because its end was still under way.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { atNsOf, countingWords, definitionWith, probeEvent, spanDefinition } from '../../test/probe-events.ts'
import type { ProbeEvent } from '../event/event.ts'
import { timeOfNs } from '../time/instant.ts'
import { Matcher, type MatchedSpan } from './matcher.ts'

const second = 1_000_000_000n
const kept = spanDefinition({ id: 'kept', keepIncomplete: true, ttlMs: 3_600_000 })
const dropped = spanDefinition({ id: 'dropped', ttlMs: 3_600_000 })
const definition = definitionWith(kept, dropped)
const start = (atNs: bigint, pid = 1, key = 'k'): ProbeEvent => probeEvent({ span: kept, atNs, pid, key })
const reasons = (spans: readonly MatchedSpan[]): unknown[] =>
  spans.map(({ start: { pid }, incomplete }) => [pid, incomplete?.reason, incomplete?.at])

test('of several processes only the one that ended loses its starts, a second later', () => {
  const matcher = new Matcher(definition, countingWords())
  for (const pid of [1, 2]) matcher.push(start(second, pid))
  expect([...matcher.openPids()]).toEqual([1, 2])
  matcher.endProcess(1, timeOfNs(5n * second))
  expect(matcher.expire(timeOfNs(6n * second - 1n))).toEqual([])
  expect(reasons(matcher.expire(timeOfNs(6n * second)))).toEqual([[1, 'processEnded', [5, 0]]])
  expect([...matcher.openPids()]).toEqual([2])
  expect(matcher.counts).toMatchObject({ starts: 2, processEnded: 1, paired: 0 })
})

test('an end that was still under way when its process was gone makes a whole span', () => {
  const matcher = new Matcher(definition, countingWords())
  matcher.push(start(second))
  matcher.endProcess(1, timeOfNs(5n * second))
  const [span] = matcher.push(probeEvent({ span: kept, phase: 'end', atNs: 4n * second }))
  expect(span?.incomplete).toBeUndefined()
  expect(matcher.expire(timeOfNs(7n * second))).toEqual([])
})

test('a process that got the pid of one that ended keeps its starts', () => {
  const matcher = new Matcher(definition, countingWords())
  matcher.push(start(second, 1, 'old'))
  matcher.endProcess(1, timeOfNs(2n * second))
  matcher.push(start(2n * second + 1n, 1, 'new'))
  expect(matcher.expire(timeOfNs(9n * second)).map((span) => span.start.key)).toEqual(['old'])
  expect(matcher.openCount).toBe(1)
})

test('all that is traced ends: no span ends before it began, children come before what they lie in', () => {
  const child = spanDefinition({ id: 'child', keepIncomplete: true, within: { span: 'child', by: 'key' } })
  const matcher = new Matcher(definitionWith(child), countingWords())
  for (const atNs of [3n, 7n]) matcher.push(probeEvent({ span: child, atNs }))
  const [inner, outer] = matcher.giveUpAll('tracingEnded', timeOfNs(5n))
  expect(inner?.parent).toEqual(outer?.context)
  expect([inner?.incomplete?.at, outer?.incomplete?.at]).toEqual([timeOfNs(7n), timeOfNs(5n)])
  expect([matcher.openCount, matcher.counts.tracingEnded]).toEqual([0, 2])
})

test('100,000 starts under one key are given up at once', () => {
  const matcher = new Matcher(definition, countingWords())
  for (let atNs = 1n; atNs <= 100_000n; atNs += 1n) matcher.push(start(atNs))
  expect(matcher.giveUpAll('processEnded', timeOfNs(second))).toHaveLength(100_000)
})

const step = fc.record({
  do: fc.constantFrom('start', 'start', 'end', 'gone', 'expire', 'all'),
  span: fc.constantFrom(kept, dropped),
  pid: fc.constantFrom(1, 2, 3),
  key: fc.constantFrom('a', 'b', ''),
  wait: fc.integer({ min: 1, max: 1_500_000_000 }),
})

test('any history: the accounts close, what is open is of processes that run, and kept spans are as many as given up', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const matcher = new Matcher(definition, countingWords())
      const { counts } = matcher
      const given: MatchedSpan[] = []
      const gone: { pid: number; atNs: bigint }[] = []
      let atNs = 0n
      for (const { do: what, span, pid, key, wait } of steps) {
        atNs += BigInt(wait)
        const now = timeOfNs(atNs)
        if (what === 'start' || what === 'end')
          matcher.push(probeEvent({ span, phase: what, pid, key, atNs }))
        else if (what === 'gone') {
          matcher.endProcess(pid, now)
          gone.push({ pid, atNs })
        } else given.push(...(what === 'all' ? matcher.giveUpAll('tracingEnded', now) : matcher.expire(now)))
        const ended = counts.processEnded + counts.tracingEnded
        expect(counts.starts).toBe(counts.paired + matcher.openCount + ended + counts.keylessStarts)
      }
      for (const { definition: of, start: begun, incomplete } of given) {
        expect(of).toBe(kept)
        if (incomplete?.reason !== 'processEnded') continue
        const end = gone.find(({ pid, atNs: at }) => pid === begun.pid && at >= atNsOf(begun))
        expect(end).toBeDefined()
      }
      // Those that wait to be given up have their time behind them.
      matcher.expire(timeOfNs(atNs + 2n * second))
      for (const pid of matcher.openPids()) matcher.endProcess(pid, timeOfNs(atNs + 2n * second))
      matcher.expire(timeOfNs(atNs + 4n * second))
      expect(matcher.openCount).toBe(0)
    }),
    { numRuns: 300 },
  )
})
