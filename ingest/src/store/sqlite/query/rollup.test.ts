import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchOf, hexId } from '../../../../test/sample.ts'
import { chunkOf } from '../chunk.ts'
import { columnsOf } from '../columns.ts'
import { decodeRollup, encodeRollup } from './rollup-codec.ts'
import { rollupOf } from './rollup.ts'

const spans = fc.array(
  fc.record({
    traceId: fc.integer({ min: 1, max: 9 }).map((number) => hexId(number, 32)),
    spanId: fc.integer({ min: 1, max: 99 }).map((number) => hexId(number, 16)),
    service: fc.constantFrom('shop', 'db', 'Größe'),
    name: fc.constantFrom('GET /', 'query', ''),
    status: fc.constantFrom(0, 1, 2),
    start: fc.bigInt(10n, 20n),
    duration: fc.bigInt(-5n, 10n ** 13n),
  }),
  { minLength: 1, maxLength: 60 },
)

test('decoding gives what was encoded, wherever in memory the bytes lie', () => {
  fc.assert(
    fc.property(spans, fc.nat(9), (sent, offset) => {
      const rollup = rollupOf(columnsOf(chunkOf(batchOf(sent))))
      const encoded = encodeRollup(rollup)
      const elsewhere = Buffer.alloc(encoded.length + offset)
      encoded.copy(elsewhere, offset)
      const decoded = decodeRollup(elsewhere.subarray(offset))
      const { service, name, services, names, ...rest } = decoded
      expect(rest).toEqual({
        ...rollup,
        service: undefined,
        name: undefined,
        services: undefined,
        names: undefined,
      })
      // Their texts stand in order.
      const textsOf = (of: typeof rollup) =>
        [...of.service].map((ordinal, group) => [of.services[ordinal], of.names[of.name[group] ?? 0]])
      expect(textsOf(decoded)).toEqual(textsOf(rollup))
      expect([services, names]).toEqual([[...services].sort(), [...names].sort()])
      expect([service.length, name.length]).toEqual([rollup.count.length, rollup.count.length])
    }),
  )
})

test('groups hold each span once, those of a step only its own, and the trace of their longest', () => {
  fc.assert(
    fc.property(spans, (sent) => {
      const columns = columnsOf(chunkOf(batchOf(sent)))
      const stepOf = (span: number): number => Number(columns.start[span] ?? 0n) - 12
      const rollup = rollupOf(columns, (span) => Math.max(-1, stepOf(span)))
      const counted = sent.filter(({ start }) => start >= 12n)
      expect(rollup.count.reduce((sum, count) => sum + count, 0)).toBe(counted.length)
      expect(rollup.bucketCount.reduce((sum, count) => sum + count, 0)).toBe(counted.length)
      for (let group = 0; group < rollup.count.length; group++) {
        const of = counted.filter(
          (span) =>
            span.service === rollup.services[rollup.service[group] ?? 0] &&
            span.name === rollup.names[rollup.name[group] ?? 0] &&
            span.status === (rollup.flags[group] ?? 0) >> 4 &&
            Number(span.start) - 12 === rollup.step?.[group],
        )
        const durations = of.map(({ duration }) => Number(duration))
        expect(rollup.count[group]).toBe(of.length)
        expect(rollup.durationMax[group]).toBe(Math.max(...durations))
        const slow = rollup.slowTrace.toString('hex', group * 16, group * 16 + 16)
        expect(
          of.filter(({ traceId }) => traceId === slow).map(({ duration }) => Number(duration)),
        ).toContain(Math.max(...durations))
      }
    }),
  )
})
