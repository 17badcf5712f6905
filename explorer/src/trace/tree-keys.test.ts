import type { Span } from '@probespan/ingest/wire'
import { expect, test } from 'vitest'
import { layoutOf, visibleRows } from '../waterfall/layout.ts'
import { rowAfterKey } from './tree-keys.ts'

const spanOf = (spanId: string, startUnixNano: string, parentSpanId?: string): Span => ({
  traceId: 't',
  spanId,
  ...(parentSpanId === undefined ? {} : { parentSpanId }),
  name: spanId,
  kind: 'INTERNAL',
  startUnixNano,
  durationNano: '1',
  status: { code: 'UNSET' },
  source: 'otlp',
  service: 's',
  attributes: [],
  events: [],
  links: [],
  resource: { attributes: [] },
  scope: { name: '', version: '' },
})
const { rows: all } = layoutOf([
  spanOf('r', '0'),
  spanOf('a', '1', 'r'),
  spanOf('aa', '2', 'a'),
  spanOf('b', '3', 'r'),
])

function press(key: string, from: string, collapsedKeys: string[] = []) {
  const collapsed = new Set(collapsedKeys)
  const rows = visibleRows(all, collapsed)
  return rowAfterKey(
    key,
    rows,
    rows.findIndex((row) => row.key === from),
    collapsed,
  )
}

test.each([
  ['ArrowDown', 'r', 'a'],
  ['ArrowDown', 'b', 'b'],
  ['ArrowUp', 'b', 'aa'],
  ['ArrowUp', 'r', 'r'],
  ['Home', 'b', 'r'],
  ['End', 'r', 'b'],
  ['ArrowRight', 'a', 'aa'],
  ['ArrowLeft', 'aa', 'a'],
])('%s on %s goes to %s', (key, from, to) => {
  expect(press(key, from)).toEqual({ key: to, toggle: false })
})

test('left closes an open span, right opens it again, and moving skips what is closed', () => {
  expect(press('ArrowLeft', 'a')).toEqual({ key: 'a', toggle: true })
  expect(press('ArrowRight', 'a', ['a'])).toEqual({ key: 'a', toggle: true })
  expect(press('ArrowDown', 'a', ['a'])).toEqual({ key: 'b', toggle: false })
})

test('other keys, and right on a span without children, are left to the browser', () => {
  expect(press('Tab', 'a')).toBeUndefined()
  expect(press('ArrowRight', 'b')).toBeUndefined()
  expect(press('Enter', 'b')).toBeUndefined()
})
