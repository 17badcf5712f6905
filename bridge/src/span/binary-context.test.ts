// What would break: spans that lose their trace or their parent, because an id as numbers is another than as text.
import { isSpanContextValid } from '@opentelemetry/api'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { BinaryContext, newTrace, randomWords, spanIn, traceOf, traceOfHex } from './binary-context.ts'

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })

test('text to numbers and back is the same trace id', () => {
  const digits = fc.array(fc.constantFrom(...'0123456789abcdef'.split('')), { minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(digits, word, word, (all, high, low) => {
      const traceId = all.join('')
      const context = new BinaryContext(traceOfHex(traceId), high, low, 1)
      expect(context.traceId).toBe(traceId)
      expect(context.spanId).toMatch(/^[0-9a-f]{16}$/)
      expect(BigInt(`0x${context.spanId}`)).toBe((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0))
    }),
  )
})

test('an id is never all zero, which is none', () => {
  const zeroes = [0, 0, 0, 0, 0, 0, 7, 0]
  const words = (): number => zeroes.shift() ?? 9
  expect(newTrace(words)).toEqual({ t0: 0, t1: 0, t2: 7, t3: 0 })
  const few = [0, 0, 0, 3]
  expect(spanIn(traceOfHex('1'.repeat(32)), 1, () => few.shift() ?? 9).spanId).toBe('0000000000000003')
})

test('random ids are valid and differ', () => {
  const words = randomWords()
  const contexts = Array.from({ length: 5000 }, () => spanIn(newTrace(words), 1, words))
  expect(contexts.filter((context) => !isSpanContextValid(context))).toEqual([])
  expect(new Set(contexts.map(({ traceId }) => traceId)).size).toBe(5000)
  expect(new Set(contexts.map(({ spanId }) => spanId)).size).toBe(5000)
})

test('a span that moves into the trace of another keeps its own id and takes the flags', () => {
  const words = randomWords()
  const span = spanIn(newTrace(words), 1, words)
  const other = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: 0 }
  const moved = span.inTraceOf(other)
  expect([moved.traceId, moved.spanId, moved.traceFlags]).toEqual([other.traceId, span.spanId, 0])
  expect(traceOf(moved)).toBe(moved)
})
