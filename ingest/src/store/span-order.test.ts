import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Span } from '../wire.ts'
import { inTraceOrder } from './span-order.ts'

const spanOf = (spanId: string, parentSpanId: string | undefined, start: number): Span => ({
  traceId: '',
  spanId,
  ...(parentSpanId === undefined ? {} : { parentSpanId }),
  name: '',
  kind: 'INTERNAL',
  startUnixNano: String(start),
  durationNano: '0',
  status: { code: 'UNSET' },
  source: 'otlp',
  service: '',
  attributes: [],
  events: [],
  links: [],
  resource: { attributes: [] },
  scope: { name: '', version: '' },
})
const ids = (spans: readonly Span[]) => spans.map(({ spanId }) => spanId)

test('by start, and at the same start a parent before its children', () => {
  const spans = [spanOf('a', 'b', 5), spanOf('b', 'c', 5), spanOf('c', undefined, 5), spanOf('d', 'c', 4)]
  expect(ids(inTraceOrder(spans))).toEqual(['d', 'c', 'b', 'a'])
})

test('times are compared as integers, not as text or doubles', () => {
  const late = { ...spanOf('a', undefined, 0), startUnixNano: '1700000000000000001' }
  const early = { ...spanOf('b', undefined, 0), startUnixNano: '1700000000000000000' }
  expect(ids(inTraceOrder([late, early, { ...early, spanId: 'c', startUnixNano: '9' }]))).toEqual([
    'c',
    'b',
    'a',
  ])
})

test('whatever the parents, rings too, nothing is lost and no child stands before its parent of equal start', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const parents = fc.array(fc.option(fc.constantFrom(...names), { nil: undefined }), {
    minLength: 6,
    maxLength: 6,
  })
  fc.assert(
    fc.property(parents, (parentOf) => {
      const ordered = ids(inTraceOrder(names.map((name, at) => spanOf(name, parentOf[at], 7))))
      expect([...ordered].sort()).toEqual(names)
      const inRing = (name: string) => {
        let at: string | undefined = name
        for (let steps = 0; steps <= names.length && at !== undefined; steps++)
          at = parentOf[names.indexOf(at)]
        return at !== undefined
      }
      for (const [at, name] of names.entries()) {
        const parent = parentOf[at]
        if (parent === undefined || inRing(name)) continue
        expect(ordered.indexOf(parent)).toBeLessThan(ordered.indexOf(name))
      }
    }),
  )
})

test('a chain of 50,000 spans is ordered, without running out of stack', () => {
  const chain = Array.from({ length: 50_000 }, (_, at) => spanOf(String(at), String(at + 1), 1))
  expect(inTraceOrder(chain)[0]?.spanId).toBe('49999')
})
