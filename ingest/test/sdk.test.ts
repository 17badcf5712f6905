// The OpenTelemetry JS SDK exports to ingest over HTTP: all it was given is read back, in type and value.
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { expect, test } from 'vitest'
import { getTrace, runIngest } from './running.ts'

type ExporterConfig = NonNullable<ConstructorParameters<typeof OTLPTraceExporter>[0]>

test.each([
  ['no compression', 'none'],
  ['gzip', 'gzip'],
])('spans with everything the SDK knows are read back equal (%s)', async (_name, compression) => {
  const { url } = await runIngest()
  const exporter = new OTLPTraceExporter({
    url: `${url}/v1/traces`,
    compression: compression as NonNullable<ExporterConfig['compression']>,
  })
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'checkout', 'service.version': '1.2' }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  })
  const tracer = provider.getTracer('cart', '3.4.5')
  const linked = { traceId: 'f'.repeat(32), spanId: 'e'.repeat(16), traceFlags: TraceFlags.SAMPLED }
  const span = tracer.startSpan('place order', {
    kind: SpanKind.PRODUCER,
    startTime: [1_700_000_000, 123_456_789],
    attributes: {
      text: 'naïve ☕',
      empty: '',
      yes: true,
      no: false,
      integer: 42,
      negative: -7,
      largest: Number.MAX_SAFE_INTEGER,
      fraction: 0.1,
      texts: ['a', '', 'c'],
      numbers: [1, 2.5],
      flags: [true, false],
    },
    links: [{ context: linked, attributes: { why: 'retry' } }],
  })
  span.addEvent('charged', { amount: 12.5 }, [1_700_000_000, 223_456_789])
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'card declined' })
  span.end([1_700_000_001, 1])
  await provider.forceFlush()
  await provider.shutdown()

  const { traceId, spanId } = span.spanContext()
  expect((await getTrace(url, traceId)).spans).toEqual([
    {
      traceId,
      spanId,
      name: 'place order',
      kind: 'PRODUCER',
      startUnixNano: '1700000000123456789',
      durationNano: '876543212',
      status: { code: 'ERROR', message: 'card declined' },
      source: 'otlp',
      service: 'checkout',
      attributes: [
        { key: 'text', value: { stringValue: 'naïve ☕' } },
        { key: 'empty', value: { stringValue: '' } },
        { key: 'yes', value: { boolValue: true } },
        { key: 'no', value: { boolValue: false } },
        { key: 'integer', value: { intValue: '42' } },
        { key: 'negative', value: { intValue: '-7' } },
        { key: 'largest', value: { intValue: '9007199254740991' } },
        { key: 'fraction', value: { doubleValue: 0.1 } },
        {
          key: 'texts',
          value: {
            arrayValue: { values: [{ stringValue: 'a' }, { stringValue: '' }, { stringValue: 'c' }] },
          },
        },
        { key: 'numbers', value: { arrayValue: { values: [{ intValue: '1' }, { doubleValue: 2.5 }] } } },
        { key: 'flags', value: { arrayValue: { values: [{ boolValue: true }, { boolValue: false }] } } },
      ],
      events: [
        {
          timeUnixNano: '1700000000223456789',
          name: 'charged',
          attributes: [{ key: 'amount', value: { doubleValue: 12.5 } }],
        },
      ],
      links: [
        {
          traceId: linked.traceId,
          spanId: linked.spanId,
          attributes: [{ key: 'why', value: { stringValue: 'retry' } }],
        },
      ],
      resource: {
        attributes: [
          { key: 'service.name', value: { stringValue: 'checkout' } },
          { key: 'service.version', value: { stringValue: '1.2' } },
        ],
      },
      scope: { name: 'cart', version: '3.4.5' },
    },
  ])
})

test('thousands of traces, over several requests, are all there', async () => {
  const { url } = await runIngest()
  const exporter = new OTLPTraceExporter({ url: `${url}/v1/traces` })
  const processor = new BatchSpanProcessor(exporter, { maxQueueSize: 10_000, maxExportBatchSize: 500 })
  const provider = new BasicTracerProvider({ spanProcessors: [processor] })
  const tracer = provider.getTracer('many')
  const wanted = new Map<string, string[]>()
  for (let index = 0; index < 3_000; index++) {
    const span = tracer.startSpan(`work ${index}`)
    span.end()
    const { traceId, spanId } = span.spanContext()
    wanted.set(traceId, [...(wanted.get(traceId) ?? []), spanId])
  }
  await provider.forceFlush()
  await provider.shutdown()
  for (const [traceId, spanIds] of wanted) {
    const { spans } = await getTrace(url, traceId)
    expect(spans.map((span) => span.spanId).sort()).toEqual(spanIds.sort())
  }
})
