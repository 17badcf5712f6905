// The OpenTelemetry JS SDK exports to ingest by each of its protocols, compressed and not: every span it was given is
// read back, equal in each field and attribute.
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { expect, test } from 'vitest'
import type { Ingest } from '../src/index.ts'
import type { Span } from '../src/wire.ts'
import { getCounters, getTrace, runIngest } from './running.ts'
import { endSpans, shownSpan } from './sdk-spans.ts'

type Config = NonNullable<ConstructorParameters<typeof ProtobufExporter>[0]>
type Compression = NonNullable<Config['compression']>
type CreateExporter = (ingest: Ingest, compression: Compression, key: string) => SpanExporter

const spanCount = 10_000
const apiKey = 'sdk-key'
const headers = (key: string) => ({ 'x-api-key': key })

const protocols: Record<string, CreateExporter> = {
  'http/protobuf': ({ url }, compression, key) =>
    new ProtobufExporter({ url: `${url}/v1/traces`, compression, headers: headers(key) }),
  'http/protobuf on 4318': ({ otlpHttpUrl }, compression, key) =>
    new ProtobufExporter({ url: `${otlpHttpUrl}/v1/traces`, compression, headers: headers(key) }),
  'http/json': ({ url }, compression, key) =>
    new JsonExporter({ url: `${url}/v1/traces`, compression, headers: headers(key) }),
  grpc: ({ otlpGrpcUrl = '' }, compression, key) => {
    // Its headers are read from the environment, as its users set them.
    process.env['OTEL_EXPORTER_OTLP_HEADERS'] = `x-api-key=${key}`
    return new GrpcExporter({ url: otlpGrpcUrl, compression })
  },
}

const cases = Object.entries(protocols).flatMap(([protocol, create]) =>
  ['none', 'gzip'].map((compression) => ({ protocol, create, compression: compression as Compression })),
)

test.for(cases)(
  '10,000 spans by $protocol, $compression, are read back equal',
  async ({ create, compression }) => {
    const ingest = await runIngest({
      TRACES_INGESTION_API_KEY: apiKey,
      PROBESPAN_OTLP_HTTP_PORT: '0',
      PROBESPAN_OTLP_GRPC_PORT: '0',
    })
    const resource = { 'service.name': 'checkout', 'service.namespace': 'prod-eu-1', 'host.cpus': 4 }
    const ended: ReadableSpan[] = []
    const exporting = new BatchSpanProcessor(create(ingest, compression, apiKey), {
      maxQueueSize: spanCount,
      maxExportBatchSize: 512,
    })
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes(resource),
      spanProcessors: [exporting, remembering(ended)],
    })
    endSpans(provider, spanCount)
    await provider.forceFlush()
    await provider.shutdown()

    const auth = headers(apiKey)
    expect(await getCounters(ingest.url, auth)).toMatchObject({ spansStored: spanCount, requestsRefused: 0 })
    const wanted = Map.groupBy(ended, (span) => span.spanContext().traceId)
    expect(wanted.size).toBe(spanCount / 100)
    for (const [traceId, spans] of wanted) {
      const read = await getTrace(ingest.url, traceId, auth)
      expect(byId(read.spans)).toEqual(byId(spans.map((span) => shownSpan(span, resource))))
    }
  },
)

const byId = (spans: readonly Span[]): Span[] => spans.toSorted((a, b) => (a.spanId < b.spanId ? -1 : 1))

function remembering(ended: ReadableSpan[]): SpanProcessor {
  return {
    onStart: () => {},
    onEnd: (span) => void ended.push(span),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}
