import { expect, test } from 'vitest'
import type { Span } from '@probespan/ingest/wire'
import { traceTree } from './tree.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'

function span(spanId: string, parentSpanId: string | undefined, more: Partial<Span> = {}): Span {
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name: `name of ${spanId}`,
    kind: 'INTERNAL',
    startUnixNano: '1795150740534578541',
    durationNano: '1500000',
    status: { code: 'UNSET' },
    source: 'bpftrace',
    service: 'shop',
    attributes: [],
    events: [],
    links: [],
    resource: { attributes: [] },
    scope: { name: '', version: '' },
    ...more,
  }
}

const treeOf = (spans: Span[]): string[] =>
  traceTree({ traceId, spans }).split('Span Tree:\n')[1]?.split('\n') ?? []

test('children hang below their parent with when they began and how long they took', () => {
  const spans = [
    span('a', undefined, { durationNano: '9000000', kind: 'SERVER' }),
    span('b', 'a', { startUnixNano: '1795150740534578999', status: { code: 'ERROR', message: 'no\nrows' } }),
    span('d', 'b'),
    span('c', 'a', { startUnixNano: '1795150740535578541' }),
  ]
  expect(treeOf(spans)).toEqual([
    'shop (9 ms, name of a)  +0 ns',
    '├─ shop (1.5 ms, name of b)  +458 ns  ERROR: no\\x0arows',
    '│  └─ shop (1.5 ms, name of d)  +0 ns',
    '└─ shop (1.5 ms, name of c)  +1 ms',
  ])
})

test('a span whose parent is not stored is shown at the top and says so', () => {
  expect(treeOf([span('b', 'absent')])).toEqual(['shop (1.5 ms, name of b)  +0 ns  (parent not stored)'])
})

test('parents in a circle lose no span', () => {
  expect(treeOf([span('a', 'b'), span('b', 'a')])).toEqual([
    'shop (1.5 ms, name of a)  +0 ns',
    '└─ shop (1.5 ms, name of b)  +0 ns',
  ])
})

test('a chain deeper than the call stack is shown', () => {
  const chain = Array.from({ length: 20_000 }, (_, at) => span(`s${at}`, at === 0 ? undefined : `s${at - 1}`))
  expect(treeOf(chain)).toHaveLength(20_000)
})

test('a span whose end was not seen says so: its duration is only how long it was waited for', () => {
  const attributes = [{ key: 'probespan.incomplete', value: { stringValue: 'expired' } }]
  expect(treeOf([span('a', undefined, { attributes })])).toEqual([
    'shop (1.5 ms, name of a)  +0 ns  no end seen (expired)',
  ])
})

test('a replayed trace says that it is not live', () => {
  const resource = { attributes: [{ key: 'probespan.replay', value: { boolValue: true } }] }
  expect(traceTree({ traceId, spans: [span('a', undefined, { resource })] })).toContain('not live')
  expect(traceTree({ traceId, spans: [span('a', undefined)] })).not.toContain('not live')
})
