import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readFrames } from './frames.ts'
import { selectSpans, splitSpans } from './regroup.ts'
import { exportRequestType } from './schema.ts'

// Each span's bytes beside the resource and scope it belongs to: what regrouping must keep.
function contents(body: Buffer): string[] {
  return readFrames(body).flatMap((frame) =>
    frame.scopes.flatMap((scope) => {
      const text = ({ start, end }: { start: number; end: number }) => body.toString('latin1', start, end)
      const owner = [...frame.headers, ...scope.headers].map(text).join('|')
      return scope.spans.map((span) => `${owner}|${text(span)}`)
    }),
  )
}

const spans = fc.array(
  fc.record({ name: fc.string({ maxLength: 200 }), spanId: fc.uint8Array({ minLength: 8, maxLength: 8 }) }),
  { maxLength: 6 },
)
const scopes = fc.record({ scope: fc.record({ name: fc.string() }), schemaUrl: fc.string(), spans })
const resources = fc.record({
  resource: fc.record({ droppedAttributesCount: fc.nat() }),
  schemaUrl: fc.string(),
  scopeSpans: fc.array(scopes, { maxLength: 3 }),
})
const bodies = fc
  .array(resources, { maxLength: 3 })
  .map((resourceSpans) => Buffer.from(exportRequestType.encode({ resourceSpans }).finish()))

test('parts hold every span once, in order, with its resource and scope, none over the size', () => {
  fc.assert(
    fc.property(bodies, fc.integer({ min: 1, max: 10 }), (body, spansMax) => {
      const parts = splitSpans(body, spansMax)
      expect(parts.flatMap((part) => contents(part.body))).toEqual(contents(body))
      for (const part of parts) {
        expect(contents(part.body)).toHaveLength(part.spanCount)
        expect(part.spanCount).toBeLessThanOrEqual(spansMax)
      }
    }),
  )
})

test('what fits is not touched', () => {
  fc.assert(
    fc.property(bodies, (body) => {
      expect(splitSpans(body, 1_000)[0]?.body).toBe(body)
    }),
  )
})

test('a part is also bounded in bytes, down to a single span', () => {
  fc.assert(
    fc.property(bodies, (body) => {
      expect(splitSpans(body, 1_000, 1).every(({ spanCount }) => spanCount <= 1)).toBe(true)
    }),
  )
})

test('leaving spans out leaves the others as they were', () => {
  fc.assert(
    fc.property(bodies, fc.infiniteStream(fc.boolean()), (body, stream) => {
      const kept = contents(body).map(() => stream.next().value === true)
      const selected = selectSpans(body, (ordinal) => kept[ordinal] === true)
      expect(contents(selected)).toEqual(contents(body).filter((_span, ordinal) => kept[ordinal]))
    }),
  )
})
