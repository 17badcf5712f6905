// What would break: spans that the kernel paired whose parent is lost, wrong, or of another trace.
import { expect, test } from 'vitest'
import {
  countingWords,
  definitionWith,
  probeEvent,
  spanDefinition,
  type EventParts,
} from '../../test/probe-events.ts'
import type { SpanDefinition } from '../definition/definition.ts'
import type { ProbeEvent } from '../event/event.ts'
import { timeOfNs } from '../time/instant.ts'
import { Matcher } from './matcher.ts'

const request = spanDefinition({ id: 'request' })
const ttlNs = 1_000_000n
const remoteParent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0, isRemote: true }
const outer = spanDefinition({ id: 'outer', pairing: 'kernel' })
const middle = spanDefinition({ id: 'middle', pairing: 'kernel', within: { span: 'outer', by: 'key' } })
const inner = spanDefinition({
  id: 'inner',
  pairing: 'kernel',
  within: { span: 'middle', by: 'key' },
  ttlMs: 1,
})
/** As the kernel sends it: the end, with its start. */
const paired = (span: SpanDefinition, startNs: bigint, endNs: bigint, more: EventParts = {}): ProbeEvent =>
  probeEvent({
    ...more,
    span,
    phase: 'end',
    atNs: endNs,
    begun: probeEvent({ ...more, span, atNs: startNs }),
  })

test('of spans that the kernel paired, those inside wait for the ones around them and join their trace', () => {
  const matcher = new Matcher(definitionWith(outer, middle, inner), countingWords())
  expect(matcher.push(paired(inner, 30n, 40n))).toEqual([])
  expect(matcher.push(paired(middle, 20n, 50n))).toEqual([])
  expect(matcher.push(paired(inner, 60n, 70n, { key: 'another' }))).toEqual([])
  const spans = matcher.push(paired(outer, 10n, 80n))
  expect(spans.map((span) => span.definition.id)).toEqual(['inner', 'middle', 'outer'])
  const [child, parent, root] = spans
  expect(child?.parent?.spanId).toBe(parent?.context.spanId)
  expect(parent?.parent?.spanId).toBe(root?.context.spanId)
  expect(new Set(spans.map((span) => span.context.traceId)).size).toBe(1)
  expect(matcher.end().map((span) => [span.start.key, span.parent])).toEqual([['another', undefined]])
  expect(matcher.counts).toMatchObject({ starts: 4, ends: 4, paired: 4, parentless: 1 })
})

test('a span inside joins the caller’s trace that the one around it brings', () => {
  const matcher = new Matcher(definitionWith(outer, middle), countingWords())
  matcher.push(paired(middle, 20n, 50n))
  const [child, root] = matcher.push(paired(outer, 10n, 80n, { remoteParent }))
  expect(root?.parent).toEqual(remoteParent)
  expect(child?.context).toMatchObject({ traceId: remoteParent.traceId, traceFlags: 0 })
})

test('a span is not taken by a parent of its key that began after it', () => {
  const matcher = new Matcher(definitionWith(outer, middle), countingWords())
  matcher.push(paired(middle, 20n, 50n))
  expect(matcher.push(paired(outer, 60n, 80n)).map((span) => span.definition.id)).toEqual(['outer'])
})

test('what waits for a parent in vain begins a trace of its own after its ttl', () => {
  const matcher = new Matcher(definitionWith(outer, middle, inner), countingWords())
  matcher.push(paired(inner, 5n, 9n))
  expect(matcher.expire(timeOfNs(5n + ttlNs - 1n))).toEqual([])
  const [span] = matcher.expire(timeOfNs(5n + ttlNs))
  expect([span?.definition.id, span?.parent]).toEqual(['inner', undefined])
})

test('a span that the kernel paired lies in an open one that was not', () => {
  const inRequest = spanDefinition({ id: 'in', pairing: 'kernel', within: { span: 'request', by: 'key' } })
  const matcher = new Matcher(definitionWith(request, inRequest), countingWords())
  matcher.push(probeEvent({ span: request, atNs: 1n }))
  const [child] = matcher.push(paired(inRequest, 2n, 3n))
  const [root] = matcher.push(probeEvent({ span: request, phase: 'end', atNs: 4n }))
  expect(child?.parent).toEqual(root?.context)
})
