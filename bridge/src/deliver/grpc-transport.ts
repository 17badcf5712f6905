// Batches by OTLP over gRPC. Metadata, timeout, compression and certificates are read from the OTEL_EXPORTER_OTLP_*
// variables by the SDK's own code; the call is grpc-js's, with bytes passed through, because the SDK's exporter tells
// neither the status of a failure nor the rejected spans of an answer.
import { Client, status as codes, type ServiceError } from '@grpc/grpc-js'
import { convertLegacyOtlpGrpcOptions } from '@opentelemetry/otlp-grpc-exporter-base'
import { bridgeName, bridgeVersion } from '../version.ts'
import { takenOutcome } from './answer.ts'
import type { EncodedBatch } from './encoded-batch.ts'
import { retryAfterMsMax } from './retry-delay.ts'
import { readRpcStatus } from './rpc-status.ts'
import { oneLine, type Outcome, type Transport } from './transport.ts'

const method = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
/** Retryable by OTLP; RESOURCE_EXHAUSTED only where the receiver says when. */
const retryable = new Set<number>([
  codes.CANCELLED,
  codes.DEADLINE_EXCEEDED,
  codes.ABORTED,
  codes.OUT_OF_RANGE,
  codes.UNAVAILABLE,
  codes.DATA_LOSS,
])
const gzip = 2
const asItIs = (bytes: Buffer): Buffer => bytes

/** `url` is http(s)://host:port. */
export function openGrpcTransport(url: string): Transport {
  const options = convertLegacyOtlpGrpcOptions({ url }, 'TRACES')
  const client = new Client(options.url, options.credentials(), {
    'grpc.default_compression_algorithm': options.compression === 'gzip' ? gzip : 0,
    'grpc.primary_user_agent': `${bridgeName}/${bridgeVersion}`,
    // grpc-js waits up to two minutes before it connects again: a receiver that is back would not be seen.
    'grpc.initial_reconnect_backoff_ms': 250,
    'grpc.max_reconnect_backoff_ms': 2000,
    'grpc.enable_retries': 0,
  })
  const send = (batch: EncodedBatch): Promise<Outcome> =>
    new Promise((resolve) => {
      const deadline = Date.now() + options.timeoutMillis
      client.makeUnaryRequest(
        method,
        asItIs,
        asItIs,
        batch.bytes,
        options.metadata(),
        { deadline },
        (error, answer) =>
          resolve(error ? outcomeOf(error) : takenOutcome(answer ?? Buffer.alloc(0), false, batch.spanCount)),
      )
    })
  return { send, close: () => client.close() }
}

function outcomeOf(error: ServiceError): Outcome {
  const code = codes[error.code] ?? String(error.code)
  const reason = oneLine(`${code}: ${error.details}`)
  const [details] = error.metadata?.get('grpc-status-details-bin') ?? []
  const wait = details instanceof Buffer ? readRpcStatus(details)?.retryAfterMs : undefined
  if (wait !== undefined && (retryable.has(error.code) || error.code === codes.RESOURCE_EXHAUSTED)) {
    return { kind: 'away', reason, code, retryAfterMs: Math.min(wait, retryAfterMsMax) }
  }
  return { kind: retryable.has(error.code) ? 'away' : 'refused', reason, code }
}
