import type { Span } from '@probespan/ingest/wire'
import * as fc from 'fast-check'
import { assert, expect, test } from 'vitest'
import { foldedInto, layoutOf, visibleRows } from './layout.ts'

type Part = { id: string; parent?: string; startNs?: bigint; durationNs?: bigint }

function spanOf({ id, parent, startNs = 0n, durationNs = 0n }: Part): Span {
  return {
    traceId: 't',
    spanId: id,
    ...(parent === undefined ? {} : { parentSpanId: parent }),
    name: id,
    kind: 'INTERNAL',
    startUnixNano: startNs.toString(),
    durationNano: durationNs.toString(),
    status: { code: 'UNSET' },
    source: 'otlp',
    service: 's',
    attributes: [],
    events: [],
    links: [],
    resource: { attributes: [] },
    scope: { name: '', version: '' },
  }
}

const outline = (parts: Part[]) =>
  layoutOf(parts.map(spanOf)).rows.map((row) => `${'  '.repeat(row.depth)}${row.key} ${row.parentState}`)

test('children stand below their parent in the order they began, however they were sent', () => {
  expect(
    outline([
      { id: 'late', parent: 'root', startNs: 5n },
      { id: 'inner', parent: 'early', startNs: 3n },
      { id: 'early', parent: 'root', startNs: 2n },
      { id: 'root', startNs: 1n },
    ]),
  ).toEqual(['root root', '  early stored', '    inner stored', '  late stored'])
})

test('a span whose parent is not stored stands at the top and says so', () => {
  expect(outline([{ id: 'a', parent: 'gone', startNs: 2n }, { id: 'r' }])).toEqual(['r root', 'a not-stored'])
})

test('spans that are their own ancestors are shown once each, from the earliest on', () => {
  expect(
    outline([
      { id: 'b', parent: 'a', startNs: 2n },
      { id: 'a', parent: 'b', startNs: 1n },
      { id: 'under', parent: 'b', startNs: 3n },
      { id: 'self', parent: 'self', startNs: 9n },
    ]),
  ).toEqual(['a loop', '  b stored', '    under stored', 'self loop'])
})

test('a span id that was sent twice gives two rows, the children below the first', () => {
  expect(
    outline([
      { id: 'p', startNs: 1n },
      { id: 'p', startNs: 0n },
      { id: 'c', parent: 'p', startNs: 2n },
    ]),
  ).toEqual(['p#2 root', 'p root', '  c stored'])
})

test('bars are placed to the nanosecond on an axis of today’s Unix time', () => {
  const base = 1_795_151_521_000_000_000n
  const { rows, startNs, lengthNs } = layoutOf([
    spanOf({ id: 'r', startNs: base, durationNs: 1_000n }),
    spanOf({ id: 'c', parent: 'r', startNs: base + 1n, durationNs: 250n }),
  ])
  expect([startNs, lengthNs]).toEqual([base, 1_000n])
  expect(rows.map(({ offset, width }) => [offset, width])).toEqual([
    [0, 1],
    [0.001, 0.25],
  ])
})

test('a span that ends before it starts is on the axis from its end to its start, its duration as sent', () => {
  const { rows, startNs, lengthNs } = layoutOf([
    spanOf({ id: 'r', startNs: 100n, durationNs: 100n }),
    spanOf({ id: 'back', parent: 'r', startNs: 150n, durationNs: -100n }),
  ])
  expect([startNs, lengthNs]).toEqual([50n, 150n])
  expect(rows[1]).toMatchObject({ key: 'back', offset: 0, durationNs: -100n })
  expect(rows[1]!.width).toBeCloseTo(2 / 3)
})

test('a trace of one moment, and one without spans, have a layout', () => {
  expect(layoutOf([spanOf({ id: 'a', startNs: 7n })]).rows).toMatchObject([{ offset: 0, width: 0 }])
  expect(layoutOf([])).toEqual({
    rows: [],
    startNs: 0n,
    lengthNs: 0n,
    errorCount: 0,
    incompleteCount: 0,
    replayCount: 0,
    services: [],
  })
})

test('collapsing hides everything below a span and nothing else', () => {
  const { rows } = layoutOf(
    [
      { id: 'r' },
      { id: 'a', parent: 'r', startNs: 1n },
      { id: 'aa', parent: 'a', startNs: 2n },
      { id: 'b', parent: 'r', startNs: 3n },
    ].map(spanOf),
  )
  expect(visibleRows(rows, new Set(['a'])).map((row) => row.key)).toEqual(['r', 'a', 'b'])
  expect(visibleRows(rows, new Set(['r', 'a'])).map((row) => row.key)).toEqual(['r'])
  expect(visibleRows(rows, new Set()).length).toBe(4)
})

test('a span that is folded away is stood for by the row that is still seen', () => {
  const { rows } = layoutOf([{ id: 'r' }, { id: 'a', parent: 'r' }, { id: 'aa', parent: 'a' }].map(spanOf))
  expect(foldedInto(rows, new Set(['a']), 'aa')).toBe('a')
  expect(foldedInto(rows, new Set(['r', 'a']), 'aa')).toBe('r')
  expect(foldedInto(rows, new Set(['a']), 'a')).toBe('a')
  expect(foldedInto(rows, new Set(), 'aa')).toBe('aa')
})

test('100,000 spans, each the child of the one before, are laid out without running out of stack', () => {
  const parts = Array.from({ length: 100_000 }, (_, at) =>
    at === 0 ? { id: '0' } : { id: `${at}`, parent: `${at - 1}` },
  )
  expect(layoutOf(parts.map(spanOf)).rows.at(-1)).toMatchObject({ depth: 99_999 })
})

// Few ids, so that missing parents, duplicates and loops are common.
const anyParts = fc.array(
  fc.record(
    {
      id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
      parent: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'gone'),
      startNs: fc.bigInt({ min: 1_795_151_521_000_000_000n, max: 1_795_151_521_000_010_000n }),
      durationNs: fc.bigInt({ min: -5_000n, max: 20_000n }),
    },
    { requiredKeys: ['id', 'startNs', 'durationNs'] },
  ),
  { maxLength: 40 },
)

test('whatever is sent: every span is exactly one row', () => {
  fc.assert(
    fc.property(anyParts, (parts) => {
      const spans = parts.map(spanOf)
      const { rows } = layoutOf(spans)
      expect(rows.length).toBe(spans.length)
      expect(new Set(rows.map((row) => row.span)).size).toBe(spans.length)
      expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length)
    }),
  )
})

test('whatever is sent: a child comes after its parent, one level deeper, among its descendants', () => {
  fc.assert(
    fc.property(anyParts, (parts) => {
      const { rows } = layoutOf(parts.map(spanOf))
      const indexOf = new Map(rows.map((row, index) => [row.key, index]))
      const tops = rows.filter((row) => row.parentState !== 'stored')
      expect(tops.every((row) => row.depth === 0 && row.parentKey === undefined)).toBe(true)
      for (const [index, row] of rows.entries()) {
        const parent = row.parentState === 'stored' ? rows[indexOf.get(row.parentKey!)!]! : undefined
        if (parent === undefined) continue
        assert(row.depth === parent.depth + 1)
        const parentIndex = rows.indexOf(parent)
        const isBelow = index > parentIndex && index <= parentIndex + parent.descendantCount
        assert(isBelow && parent.span.spanId === row.span.parentSpanId)
      }
    }),
  )
})

test('whatever is sent: no bar leaves the axis, and the axis is no longer than its spans', () => {
  fc.assert(
    fc.property(anyParts, (parts) => {
      const { rows, lengthNs } = layoutOf(parts.map(spanOf))
      for (const { offset, width } of rows) {
        expect(offset).toBeGreaterThanOrEqual(0)
        expect(width).toBeGreaterThanOrEqual(0)
        expect(offset + width).toBeLessThanOrEqual(1)
      }
      const left = rows.length === 0 ? 0 : Math.min(...rows.map((row) => row.offset))
      const right = Math.max(0, ...rows.map((row) => row.offset + row.width))
      expect([left, right]).toEqual([0, expect.closeTo(lengthNs > 0n ? 1 : 0, 6)])
    }),
  )
})
