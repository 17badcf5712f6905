// What any store engine must do with one whole trace: give it as OTLP bytes, as other programs' JSON, and tell what is
// missing of it. Called as store-contract.ts is.
import { expect, test } from 'vitest'
import { base64AndHex, otlpSpans, spanIdsOf } from './otlp-trace.ts'
import { intakeOf } from '../src/receive/intake.ts'
import { attribute, batchOf, hexId, requestOf } from './sample.ts'
import type { OpenStore } from './store-contract.ts'
import type { Batch, Store } from '../src/store/store.ts'

const [traceId, other] = [hexId(1, 32), hexId(2, 32)]
const id = (number: number): string => hexId(number, 16)

export function storeTraceContract(open: OpenStore, folder: () => string): void {
  /** One commit each. */
  const filled = async (batches: readonly Batch[]): Promise<Store> => {
    const store = open(folder())
    for (const batch of batches) await store.append(batch)
    return store
  }

  const threeCommits = () =>
    filled([
      batchOf([
        { traceId, spanId: id(1), service: 'shop' },
        { traceId: other, spanId: id(9), service: 'shop' },
        { traceId, spanId: id(2), parentSpanId: id(1), service: 'shop' },
      ]),
      // A retry of the second span, and one of another service.
      batchOf([
        { traceId, spanId: id(2), parentSpanId: id(1), service: 'shop', name: 'again' },
        { traceId, spanId: id(3), parentSpanId: id(2), service: 'db', source: 'beyla' },
      ]),
      batchOf([{ traceId, spanId: id(4), parentSpanId: id(2), service: 'db', source: 'beyla' }]),
    ])

  test('a trace as OTLP bytes has its spans once, by resource and scope', async () => {
    const store = await threeCommits()
    const bytes = await store.traceBytes(traceId)
    expect(spanIdsOf(bytes)).toEqual([
      ['shop', 'tests', [id(1), id(2)]],
      ['db', 'go.opentelemetry.io/obi', [id(3), id(4)]],
    ])
    expect(otlpSpans(bytes).map(({ name }) => name)).not.toContain('again')
    expect(await store.traceBytes(hexId(3, 32))).toBeUndefined()
    await store.compact()
    expect(spanIdsOf(await store.traceBytes(traceId))).toEqual(spanIdsOf(bytes))
    await store.close()
  })

  test('a trace as JSON is the same trace in each form', async () => {
    const store = await threeCommits()
    const [otlp, tempo, jaeger] = await Promise.all(
      (['otlp', 'tempo', 'jaeger'] as const).map(async (form) =>
        JSON.parse(String(await store.traceJson(traceId, form))),
      ),
    )
    expect(base64AndHex(tempo)).toEqual(otlp)
    expect(
      otlp.resourceSpans.map(({ scopeSpans }: { scopeSpans: { spans: object[] }[] }) => scopeSpans[0]?.spans),
    ).toMatchObject([
      [
        { traceId, spanId: id(1), kind: 2, status: {} },
        { spanId: id(2), parentSpanId: id(1) },
      ],
      [{ spanId: id(3) }, { spanId: id(4) }],
    ])
    expect(jaeger).toMatchObject({
      traceID: traceId,
      spans: [1, 2, 3, 4].map((number) => ({ spanID: id(number) })),
    })
    expect(await store.traceJson(hexId(3, 32), 'otlp')).toBeUndefined()
    await store.close()
  })

  test('a span with attributes that are no protobuf is shown as what can be read of it, and leaves the others alone', async () => {
    const damaged = requestOf([
      { traceId, spanId: id(1), name: 'damaged', attributes: [attribute('k', 'DAMAGE')] },
    ])
    // The length of the attribute's text: longer than the attribute.
    damaged.writeUInt8(0x7f, damaged.indexOf('DAMAGE') - 1)
    const store = await filled([
      intakeOf(damaged).batch,
      batchOf([{ traceId, spanId: id(2), name: 'sound' }]),
    ])
    expect(otlpSpans(await store.traceBytes(traceId))).toMatchObject([
      { spanId: id(1), name: 'damaged', attributes: [{ key: 'probespan.undecodable' }], status: {} },
      { spanId: id(2), name: 'sound' },
    ])
    for (const form of ['otlp', 'tempo', 'jaeger'] as const) {
      expect(String(await store.traceJson(traceId, form))).toMatch(/probespan\.undecodable.*sound/)
    }
    await store.close()
  })

  test('parents that are missing are counted, across commits and traces', async () => {
    const store = await filled([
      batchOf([
        { traceId, spanId: id(2), parentSpanId: id(1) },
        { traceId, spanId: id(3), parentSpanId: id(7) },
        { traceId, spanId: id(4), parentSpanId: id(8) },
        // The id is there, but in another trace.
        { traceId: other, spanId: id(8) },
      ]),
      batchOf([{ traceId, spanId: id(1) }]),
    ])
    expect(await store.orphanCounts([traceId, other, hexId(3, 32)])).toEqual([2, 0, 0])
    await store.close()
  })
}
