// What would break: traces that fall apart at the traced program, or that join where they should not.
import { expect, test } from 'vitest'
import { parseTraceparent } from './traceparent.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'

test('a valid header gives the remote span, with its sampled flag', () => {
  const context = { traceId, spanId, isRemote: true }
  expect(parseTraceparent(`00-${traceId}-${spanId}-01`)).toEqual({ ...context, traceFlags: 1 })
  expect(parseTraceparent(`00-${traceId}-${spanId}-00`)).toEqual({ ...context, traceFlags: 0 })
  expect(parseTraceparent(`00-${traceId}-${spanId}-02`)).toEqual({ ...context, traceFlags: 0 })
  expect(parseTraceparent(`00-${traceId}-${spanId}-ff`)).toEqual({ ...context, traceFlags: 1 })
})

test('a later version is read by its first four fields', () => {
  expect(parseTraceparent(`01-${traceId}-${spanId}-01`)).toMatchObject({ traceId, spanId })
  expect(parseTraceparent(`cc-${traceId}-${spanId}-01-what-the-future-brings`)).toMatchObject({
    traceId,
    spanId,
  })
})

test.each([
  ['nothing', ''],
  ['version ff', `ff-${traceId}-${spanId}-01`],
  ['version 00 with more', `00-${traceId}-${spanId}-01-x`],
  ['a later version with more, without a dash', `01-${traceId}-${spanId}-01x`],
  ['an all-zero trace id', `00-${'0'.repeat(32)}-${spanId}-01`],
  ['an all-zero span id', `00-${traceId}-${'0'.repeat(16)}-01`],
  ['upper case', `00-${traceId.toUpperCase()}-${spanId}-01`],
  ['a trace id too short', `00-${traceId.slice(1)}-${spanId}-01`],
  ['a span id too long', `00-${traceId}-${spanId}0-01`],
  ['a header that the string limit cut', `00-${traceId}-${spanId}`],
  ['no hexadecimal digit', `00-${traceId.replace('4', 'g')}-${spanId}-01`],
  ['white space around', ` 00-${traceId}-${spanId}-01`],
  ['a line end behind', `00-${traceId}-${spanId}-01\n`],
])('ignored: %s', (_, header) => {
  expect(parseTraceparent(header)).toBeUndefined()
})
