// What would break: spans made of a start and an end that do not belong together, children below the wrong parent, and
// starts or ends that vanish uncounted.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  atNsOf,
  countingWords,
  definitionWith,
  probeEvent,
  spanDefinition,
  usdt,
  type EventParts,
} from '../../test/probe-events.ts'
import type { ProbeEvent } from '../event/event.ts'
import { timeOfNs } from '../time/instant.ts'
import { Matcher, traceIdOfKey, type MatchedSpan } from './matcher.ts'

const request = spanDefinition({ id: 'request', ttlMs: 1 })
const query = spanDefinition({ id: 'query', within: { span: 'request', by: 'key' }, ttlMs: 2 })
const definition = definitionWith(request, query)
const ttlNs = 1_000_000n

type Step =
  | { do: 'start' | 'end'; span: 'request' | 'query'; pid: number; key: string; wait: number }
  | { do: 'expire'; wait: number }

const event = fc.record({
  do: fc.constantFrom('start' as const, 'end' as const),
  span: fc.constantFrom('request' as const, 'query' as const),
  pid: fc.constantFrom(1, 2),
  key: fc.constantFrom('a', 'b', ''),
  wait: fc.nat(400_000),
})
const expiry = fc.record({ do: fc.constant('expire' as const), wait: fc.nat(3_000_000) })
const histories = fc.array(fc.oneof({ weight: 12, arbitrary: event }, { weight: 1, arbitrary: expiry }), {
  maxLength: 120,
})

type Mate = { event: ProbeEvent; span?: MatchedSpan }

/** What the matcher should do, written as plainly as can be: one list of open starts, searched from its end. */
function* play(history: readonly Step[], matcher: Matcher, openMax: number) {
  let open: ProbeEvent[] = []
  let atNs = 1_000n
  for (const step of history) {
    atNs += BigInt(step.wait) + 1n
    if (step.do === 'expire') {
      matcher.expire(timeOfNs(atNs))
      open = open.filter((start) => atNs - atNsOf(start) < BigInt(start.span.ttlMs) * ttlNs)
      yield { open, expected: undefined, got: undefined }
      continue
    }
    const { pid, key } = step
    const span = step.span === 'query' ? query : request
    const event = probeEvent({ span, phase: step.do, pid, key, atNs, tid: Number(atNs) })
    const mates = open.filter((start) => start.span === span && start.pid === pid && start.key === key)
    const expected: Mate | undefined =
      step.do === 'end' && mates.length > 0 ? { event: mates.at(-1)! } : undefined
    if (step.do === 'start' && key !== '') open = [...open, event].slice(-openMax)
    if (expected) open = open.filter((start) => start !== expected.event)
    yield { open, expected, got: matcher.push(event)[0] }
  }
}

test('any history: the right pairs, youngest start first, and accounts that close at every step', () => {
  fc.assert(
    fc.property(histories, fc.integer({ min: 1, max: 12 }), (history, openMax) => {
      const matcher = new Matcher(definition, countingWords(), openMax)
      const { counts } = matcher
      for (const { open, expected, got } of play(history, matcher, openMax)) {
        expect(got?.start).toBe(expected?.event)
        expect(matcher.openCount).toBe(open.length)
        expect(matcher.openCount).toBeLessThanOrEqual(openMax)
        expect(counts.starts).toBe(
          counts.paired + matcher.openCount + counts.expired + counts.evicted + counts.keylessStarts,
        )
        expect(counts.ends).toBe(counts.paired + counts.orphaned + matcher.heldCount + counts.keylessEnds)
      }
      const events = history.filter((step) => step.do !== 'expire')
      expect(counts.starts + counts.ends).toBe(events.length)
    }),
    { numRuns: 300 },
  )
})

test('any history: no two spans share an id, and a child is in its parent’s trace', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const spans = [...play(history, new Matcher(definition, countingWords()), 100_000)].flatMap(
        ({ got }) => got ?? [],
      )
      expect(new Set(spans.map((span) => span.context.spanId)).size).toBe(spans.length)
      expect(spans.filter((span) => span.definition === request && span.parent)).toEqual([])
      const children = spans.filter((span) => span.parent)
      expect(children.map((span) => span.context.traceId)).toEqual(
        children.map((span) => span.parent?.traceId),
      )
      for (const child of children) {
        // A parent that is still open, or was given up, is no span.
        const parents = spans.filter((each) => each.context.spanId === child.parent?.spanId)
        for (const { definition, start } of parents) {
          expect([definition, start.pid, start.key]).toEqual([request, child.start.pid, child.start.key])
          expect(atNsOf(start)).toBeLessThan(atNsOf(child.start))
        }
      }
    }),
  )
})

function run(...events: (EventParts | 'expire')[]): { matcher: Matcher; spans: MatchedSpan[] } {
  const matcher = new Matcher(definition, countingWords())
  const spans: MatchedSpan[] = []
  for (const [index, each] of events.entries()) {
    if (each === 'expire') matcher.expire(timeOfNs(10_000_000_000n))
    else {
      spans.push(...matcher.push(probeEvent({ span: request, atNs: BigInt(index), ...each })))
    }
  }
  matcher.end()
  return { matcher, spans }
}
const end = { phase: 'end' as const }

test('recursion: the innermost start takes the first end', () => {
  const { spans } = run({ tid: 1 }, { tid: 2 }, { tid: 3 }, end, end, end)
  expect(spans.map((span) => span.start.tid)).toEqual([3, 2, 1])
})

test('the same key in two processes is two requests', () => {
  const { spans } = run({ pid: 1 }, { pid: 2 }, { ...end, pid: 1 }, { ...end, pid: 2 })
  expect(spans.map((span) => [span.start.pid, span.end?.pid])).toEqual([
    [1, 1],
    [2, 2],
  ])
})

test('an end never takes a start that came after it: a late end of a key that is in use again is an orphan', () => {
  const { matcher, spans } = run({ atNs: 100n }, { ...end, atNs: 90n }, { ...end, atNs: 120n })
  expect(spans.map((span) => [atNsOf(span.start), atNsOf(span.end ?? span.start)])).toEqual([[100n, 120n]])
  expect(matcher.counts).toMatchObject({ starts: 1, ends: 2, paired: 1, orphaned: 1 })
})

test('a late end finds the older start that it belongs to', () => {
  const { spans } = run({ atNs: 10n }, { atNs: 100n }, { ...end, atNs: 90n }, { ...end, atNs: 120n })
  expect(spans.map((span) => [atNsOf(span.start), atNsOf(span.end ?? span.start)])).toEqual([
    [10n, 90n],
    [100n, 120n],
  ])
})

test('an empty key (memory that could not be read) matches no other empty key', () => {
  const { matcher, spans } = run({ key: '' }, { ...end, key: '' })
  expect(spans).toEqual([])
  expect(matcher.counts).toMatchObject({ keylessStarts: 1, keylessEnds: 1 })
})

test('a child is below the innermost open span of its parent’s definition with its key', () => {
  const { spans } = run({}, { tid: 2 }, { span: query }, { ...end, span: query }, end, end)
  const [child, inner] = spans
  expect(child?.parent).toEqual(inner?.context)
  expect(inner?.parent).toBeUndefined()
})

test('a child whose parent is not open begins a trace of its own, counted', () => {
  const { matcher, spans } = run({ key: 'other' }, { span: query }, { ...end, span: query })
  expect(spans[0]?.parent).toBeUndefined()
  expect(matcher.counts.parentless).toBe(1)
})

const remoteParent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0, isRemote: true }

test('a caller’s traceparent is joined, with its sampling flag; an open parent here goes before it', () => {
  const { spans } = run({ remoteParent }, { span: query, remoteParent }, { ...end, span: query }, end)
  const [child, root] = spans
  expect(root).toMatchObject({
    parent: remoteParent,
    context: { traceId: remoteParent.traceId, traceFlags: 0 },
  })
  expect(child?.parent).toEqual(root?.context)
  const alone = run({ span: query, remoteParent }, { ...end, span: query })
  expect(alone.spans[0]?.parent).toEqual(remoteParent)
})

test('a start whose end never comes is given up after its ttl, and its late end is an orphan', () => {
  const { matcher, spans } = run({ atNs: 0n }, 'expire', end)
  expect(spans).toEqual([])
  expect(matcher.counts).toMatchObject({ expired: 1, orphaned: 1 })
  expect(matcher.openCount).toBe(0)
})

test('the ttl is each definition’s own, to the nanosecond', () => {
  const matcher = new Matcher(definition, countingWords())
  matcher.push(probeEvent({ span: request, atNs: 5n }))
  matcher.push(probeEvent({ span: query, atNs: 5n }))
  matcher.expire(timeOfNs(5n + ttlNs - 1n))
  expect(matcher.openCount).toBe(2)
  matcher.expire(timeOfNs(5n + ttlNs))
  expect(matcher.openCount).toBe(1)
  matcher.expire(timeOfNs(5n + 2n * ttlNs))
  expect(matcher.openCount).toBe(0)
})

test('parts of a slot cannot run into each other', () => {
  const odd = spanDefinition({ id: 'a' })
  const { spans } = run({ span: odd, pid: 1, key: '1k' }, { ...end, span: odd, pid: 11, key: 'k' })
  expect(spans).toEqual([])
})

test('an end that came before its start, which another CPU’s buffer held back, waits for it', () => {
  const matcher = new Matcher(definition, countingWords())
  expect(matcher.push(probeEvent({ span: request, phase: 'end', atNs: 900n }))).toEqual([])
  expect(matcher.counts.orphaned + matcher.heldCount).toBe(1)
  const [span] = matcher.push(probeEvent({ span: request, atNs: 800n }))
  expect([span?.start, span?.end].map((each) => each && atNsOf(each))).toEqual([800n, 900n])
  expect(matcher.counts).toMatchObject({ paired: 1, orphaned: 0 })
})

test('an end whose start never comes is an orphan after a second of event time', () => {
  const matcher = new Matcher(definition, countingWords())
  matcher.push(probeEvent({ span: request, phase: 'end', atNs: 5n }))
  matcher.expire(timeOfNs(1_000_000_004n))
  expect(matcher.counts.orphaned).toBe(0)
  matcher.expire(timeOfNs(1_000_000_005n))
  expect(matcher.counts.orphaned).toBe(1)
})

test('a start that is given up becomes an incomplete span that ends when it was given up', () => {
  const kept = spanDefinition({ id: 'kept', ttlMs: 1, keepIncomplete: true })
  const matcher = new Matcher(definitionWith(kept), countingWords(), 1)
  matcher.push(probeEvent({ span: kept, atNs: 5n, key: 'a' }))
  const [evicted] = matcher.push(probeEvent({ span: kept, atNs: 7n, key: 'b' }))
  expect(evicted).toMatchObject({ incomplete: { reason: 'evicted', at: timeOfNs(7n) }, end: undefined })
  const [expired] = matcher.expire(timeOfNs(7n + ttlNs))
  expect(expired).toMatchObject({ incomplete: { reason: 'expired', at: timeOfNs(7n + ttlNs) } })
  expect(matcher.counts).toMatchObject({ starts: 2, evicted: 1, expired: 1, paired: 0 })
})

test('where a new start ends the old one, it does, and the new one waits for the end', () => {
  const one = spanDefinition({ id: 'one', supersede: 'error', keepIncomplete: true })
  const matcher = new Matcher(definitionWith(one), countingWords())
  matcher.push(probeEvent({ span: one, atNs: 1n }))
  const [old] = matcher.push(probeEvent({ span: one, atNs: 5n }))
  expect(old).toMatchObject({ incomplete: { reason: 'superseded', at: timeOfNs(5n) } })
  const [whole] = matcher.push(probeEvent({ span: one, phase: 'end', atNs: 9n }))
  expect(whole && atNsOf(whole.start)).toBe(5n)
  expect(matcher.counts).toMatchObject({ starts: 2, superseded: 1, paired: 1 })
  expect(matcher.openCount).toBe(0)
})

test('a span of one probe is whole at once, below the open span of its key', () => {
  const point = spanDefinition({ id: 'point', within: { span: 'request', by: 'key' } })
  const { spans, matcher } = run({}, { span: point, phase: 'point' }, end)
  expect(spans.map((span) => span.definition.id)).toEqual(['point', 'request'])
  expect(spans[0]?.parent).toEqual(spans[1]?.context)
  expect(matcher.counts.points).toBe(1)
})

test('the parent by thread is the innermost open span of the thread, whatever its key', () => {
  const step = spanDefinition({ id: 'step', within: { span: 'request', by: 'thread' } })
  const matcher = new Matcher(definitionWith(request, step), countingWords())
  const push = (event: EventParts): readonly MatchedSpan[] =>
    matcher.push(probeEvent({ span: request, ...event }))
  push({ key: 'outer', tid: 7 })
  push({ key: 'inner', tid: 7 })
  push({ key: 'elsewhere', tid: 8 })
  push({ span: step, key: 's', tid: 7 })
  const [child] = push({ span: step, phase: 'end', key: 's', tid: 7 })
  const [inner] = push({ phase: 'end', key: 'inner', tid: 9 })
  expect(child?.parent).toEqual(inner?.context)
  push({ span: step, key: 't', tid: 7 })
  const [second] = push({ span: step, phase: 'end', key: 't', tid: 7 })
  const [outer] = push({ phase: 'end', key: 'outer', tid: 7 })
  expect(second?.parent).toEqual(outer?.context)
})

test('an event of a span is on the open span of its key; without one it is counted', () => {
  const lost = {
    id: 'lost',
    name: 'lost',
    probe: usdt('lost'),
    on: 'request',
    match: ['arg0'],
    attributes: [],
  }
  const { spans, matcher } = run(
    { key: 'a' },
    { key: 'b' },
    { event: lost, phase: 'point', key: 'a' },
    { event: lost, phase: 'point', key: 'c' },
    { ...end, key: 'a' },
  )
  expect(spans[0]?.events.map((each) => each.event?.id)).toEqual(['lost'])
  expect(matcher.counts.spanless).toBe(1)
})

test('a trace id that is made of the key is the same in every program, and a valid one', () => {
  const keyed = spanDefinition({ id: 'keyed', traceIdFromKey: true })
  const traceIds = [1, 2].map((pid) => {
    const { spans } = run({ span: keyed, pid, key: 'req-7' }, { ...end, span: keyed, pid, key: 'req-7' })
    return spans[0]?.context.traceId
  })
  expect(new Set(traceIds).size).toBe(1)
  expect(traceIds[0]).toMatch(/^[0-9a-f]{32}$/)
  expect(traceIdOfKey('req-7')).not.toBe(traceIdOfKey('req-8'))
  // Bytes that are no UTF-8, as bpftrace/json.ts has them.
  expect(traceIdOfKey('\udcff')).not.toBe(traceIdOfKey('\udcfe'))
})

test('recursion by thread: each call lies in the one that made it, and the outermost misses no parent', () => {
  const load = spanDefinition({ id: 'load', within: { span: 'load', by: 'thread' } })
  const matcher = new Matcher(definitionWith(load), countingWords())
  const at = (phase: 'start' | 'end', key: string, tid: number, atNs: bigint) =>
    matcher.push(probeEvent({ span: load, phase, key, tid, atNs }))
  at('start', 'outer', 1, 1n)
  at('start', 'elsewhere', 2, 2n)
  at('start', 'inner', 1, 3n)
  const [inner] = at('end', 'inner', 1, 4n)
  const [outer] = at('end', 'outer', 1, 5n)
  const [elsewhere] = at('end', 'elsewhere', 2, 6n)
  expect(inner?.parent?.spanId).toBe(outer?.context.spanId)
  expect([outer?.parent, elsewhere?.parent, matcher.counts.parentless]).toEqual([undefined, undefined, 0])
})

test('what is open inside a span that the next one ends, ends with it; what its key has elsewhere does not', () => {
  const statement = spanDefinition({ id: 'statement', supersede: 'error', keepIncomplete: true })
  const plan = spanDefinition({
    id: 'plan',
    within: { span: 'statement', by: 'key' },
    keepIncomplete: true,
  })
  const matcher = new Matcher(definitionWith(statement, plan), countingWords())
  const start = (span: typeof plan, key: string, atNs: bigint) =>
    matcher.push(probeEvent({ span, key, atNs }))
  start(plan, 'a', 1n)
  start(statement, 'a', 2n)
  start(plan, 'a', 3n)
  start(plan, 'a', 4n)
  start(statement, 'b', 5n)
  start(plan, 'b', 6n)
  const given = start(statement, 'a', 7n)
  expect(given.map(({ definition: { id }, start: { at }, incomplete }) => [id, at, incomplete])).toEqual(
    [['statement', 2n] as const, ['plan', 4n] as const, ['plan', 3n] as const].map(([id, atNs]) => [
      id,
      timeOfNs(atNs),
      { reason: 'superseded', at: timeOfNs(7n) },
    ]),
  )
  expect(matcher.counts).toMatchObject({ starts: 7, superseded: 3, paired: 0 })
  expect(matcher.openCount).toBe(4)
})
