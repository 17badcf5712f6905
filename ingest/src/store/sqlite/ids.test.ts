import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { scanBody } from '../../otlp/scan.ts'
import { exportRequestType } from '../../otlp/schema.ts'
import { taggedBatch } from '../../tag/tagged-batch.ts'
import { chunkOf } from './chunk.ts'
import { columnsOf } from './columns.ts'
import { decodeColumns, encodeColumns } from './columns-codec.ts'
import { blankIds, restoreIds } from './ids.ts'

/** Blanked, its columns stored and read, and restored. */
function thereAndBack(body: Buffer): { blank: Buffer; restored: Buffer } {
  const chunk = chunkOf(taggedBatch(body, scanBody(body)))
  const columns = decodeColumns(encodeColumns(columnsOf(chunk)))
  blankIds(chunk)
  const blank = Buffer.from(chunk.body)
  restoreIds(chunk.body, columns)
  return { blank, restored: chunk.body }
}

const bodyOf = (spans: readonly object[]) =>
  Buffer.from(exportRequestType.encode({ resourceSpans: [{ scopeSpans: [{ spans }] }] }).finish())
const bytes = (size: number, last: number) =>
  Buffer.concat([Buffer.alloc(size - 1, 0xab), Buffer.from([last])])
const time = fc.record({ low: fc.integer(), high: fc.nat() })
const spans = fc.record(
  {
    traceId: fc.integer({ min: 1, max: 3 }).map((number) => bytes(16, number)),
    spanId: fc.integer({ min: 1, max: 9 }).map((number) => bytes(8, number)),
    parentSpanId: fc.constantFrom(Buffer.alloc(0), Buffer.alloc(8), bytes(8, 1), bytes(8, 5), bytes(8, 200)),
    name: fc.string(),
    kind: fc.nat(7),
    startTimeUnixNano: time,
    endTimeUnixNano: time,
    status: fc.record({ code: fc.nat(3), message: fc.string() }),
    traceState: fc.string(),
  },
  { requiredKeys: ['traceId', 'spanId'] },
)

test('whatever the spans, a body comes back to the byte, and lies without its ids and times', () => {
  fc.assert(
    fc.property(fc.array(spans, { minLength: 1, maxLength: 12 }), (sent) => {
      const body = bodyOf(sent)
      const { blank, restored } = thereAndBack(body)
      expect(restored.equals(body)).toBe(true)
      expect(blank.includes(bytes(8, 0).subarray(0, 7))).toBe(false)
    }),
  )
})

test('a span that has a field twice comes back to the byte', () => {
  const field = (tag: number, content: Buffer) => Buffer.concat([Buffer.from([tag, content.length]), content])
  const fixed = (tag: number, value: bigint) => {
    const content = Buffer.alloc(9, tag)
    content.writeBigUInt64LE(value, 1)
    return content
  }
  const span = Buffer.concat([
    ...[1, 2].map((number) => field(0x0a, bytes(16, number))),
    ...[3, 4].map((number) => field(0x12, bytes(8, number))),
    ...[4, 5].map((number) => field(0x22, bytes(8, number))),
    ...[1n, 2n, 7n].map((value) => fixed(0x39, value)),
    ...[9n, 5n].map((value) => fixed(0x41, value)),
  ])
  const body = field(0x0a, field(0x12, field(0x12, span)))
  expect(thereAndBack(body).restored.equals(body)).toBe(true)
})
