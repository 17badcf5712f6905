import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { UndecodableBody } from './frames.ts'
import { scanBody } from './scan.ts'
import { exportRequestType, spanType } from './schema.ts'
import { splitSpans } from './regroup.ts'
import { headsOf } from '../../test/heads.ts'

const traceId = Buffer.from('0123456789abcdef0123456789abcdef', 'hex')
const spanId = Buffer.from('abcdef0123456789', 'hex')

const bodyOf = (...spans: object[]) =>
  Buffer.from(exportRequestType.encode({ resourceSpans: [{ scopeSpans: [{ spans }] }] }).finish())
const ruleBroken = (span: object) => scanBody(bodyOf({ traceId, spanId, ...span })).rejected.get(0)
const time = (value: bigint) => ({
  low: Number(BigInt.asIntN(32, value)),
  high: Number(BigInt.asIntN(32, value >> 32n)),
})
const field = (tag: number, content: Buffer) => Buffer.concat([Buffer.from([tag, content.length]), content])

test('each rule rejects what it says, and only that', () => {
  expect(ruleBroken({})).toBeUndefined()
  expect(ruleBroken({ traceId: Buffer.alloc(16) })).toBe('trace_id')
  expect(ruleBroken({ traceId: traceId.subarray(8) })).toBe('trace_id')
  expect(ruleBroken({ traceId: Buffer.alloc(5_000, 1) })).toBe('trace_id')
  expect(ruleBroken({ spanId: Buffer.alloc(8) })).toBe('span_id')
  expect(ruleBroken({ spanId: traceId })).toBe('span_id')
  expect(ruleBroken({ parentSpanId: traceId })).toBe('parent_span_id')
  expect(ruleBroken({ startTimeUnixNano: time(2n ** 63n) })).toBe('time')
  expect(ruleBroken({ endTimeUnixNano: time(2n ** 64n - 1n) })).toBe('time')
  expect(ruleBroken({ startTimeUnixNano: time(2n ** 63n - 1n) })).toBeUndefined()
})

test('a rejected span is known by its place among all', () => {
  const { rejected, spanCount } = scanBody(bodyOf({ traceId, spanId }, { traceId }, { traceId, spanId }))
  expect([...rejected]).toEqual([[1, 'span_id']])
  expect(spanCount).toBe(2)
})

test('a parent of eight zero bytes is no parent', () => {
  const roots = [undefined, Buffer.alloc(8), spanId].map(
    (parentSpanId) => headsOf(bodyOf({ traceId, spanId, parentSpanId }))[0]?.root,
  )
  expect(roots).toEqual([true, true, false])
})

test('a resource and a scope written after their spans count all the same', () => {
  const span = Buffer.from(spanType.encode({ traceId, spanId }).finish())
  const scopeSpans = Buffer.concat([field(0x12, span), field(0x0a, field(0x0a, Buffer.from('late scope')))])
  const attribute = Buffer.concat([
    field(0x0a, Buffer.from('service.name')),
    field(0x12, field(0x0a, Buffer.from('late'))),
  ])
  const resourceSpans = Buffer.concat([field(0x12, scopeSpans), field(0x0a, field(0x0a, attribute))])
  expect(scanBody(field(0x0a, resourceSpans)).groups).toMatchObject([
    { attributes: new Map([['service.name', 'late']]), scopeName: 'late scope', spanCount: 1 },
  ])
})

const sample = bodyOf(
  { traceId, spanId, name: 'one', kind: 2, status: { code: 2, message: 'no' }, startTimeUnixNano: time(5n) },
  { traceId, spanId, name: 'two', parentSpanId: spanId, traceState: 'a=b', flags: 1 },
)

test('a cut body is refused, wherever it is cut', () => {
  for (let length = 1; length < sample.length; length++) {
    expect(() => scanBody(sample.subarray(0, length))).toThrow(UndecodableBody)
  }
})

test('damaged bodies are read or refused, never anything else', () => {
  const damage = fc.array(fc.tuple(fc.nat(sample.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(damage, (changes) => {
      const body = Buffer.from(sample)
      for (const [at, byte] of changes) body[at] = byte
      expect([undefined, UndecodableBody]).toContain(failureOf(() => [scanBody(body), splitSpans(body, 1)]))
    }),
    { numRuns: 5_000 },
  )
})

function failureOf(read: () => unknown): unknown {
  try {
    read()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.constructor : error
  }
}
