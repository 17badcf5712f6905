// The OTLP exporter for a configuration. Headers, timeout, compression and certificates come from the
// OTEL_EXPORTER_OTLP_* variables, which the exporter reads itself.
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import type { SpanExporter } from '@opentelemetry/sdk-trace-base'
import type { BridgeConfig } from './config.ts'

export function createExporter(config: BridgeConfig): SpanExporter {
  return new OTLPTraceExporter({ url: config.tracesUrl })
}
