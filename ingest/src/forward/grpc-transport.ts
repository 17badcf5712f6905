// Batches by OTLP over gRPC: the bytes go through grpc-js as they are. Its own retries are off: whether and when a batch
// is sent again is decided in one place for all protocols.
import { Client, credentials, Metadata, status as codes } from '@grpc/grpc-js'
import type { ServiceError } from '@grpc/grpc-js'
import { oneLine, partialSuccessOf, retryInfoMs } from './answer.ts'
import type { Destination } from './destination.ts'
import type { Delivery, Transport } from './transport.ts'
import { grpcVerdict } from './verdict.ts'

const method = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const gzip = 2
const asItIs = (bytes: Buffer): Buffer => bytes

export function openGrpcTransport(destination: Destination): Transport {
  const { endpoint, headers, compression, tls, timeoutMs } = destination
  const { protocol, hostname, port } = new URL(endpoint)
  const secure = protocol === 'https:'
  const client = new Client(
    `${hostname}:${port === '' ? (secure ? 443 : 80) : port}`,
    secure
      ? credentials.createSsl(tls.ca ?? null, tls.key ?? null, tls.cert ?? null)
      : credentials.createInsecure(),
    {
      'grpc.default_compression_algorithm': compression === 'gzip' ? gzip : 0,
      // grpc-js waits up to two minutes before it connects again: a destination that is back would not be seen.
      'grpc.initial_reconnect_backoff_ms': 250,
      'grpc.max_reconnect_backoff_ms': 2_000,
      'grpc.enable_retries': 0,
    },
  )
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
  return {
    send: (body, aborted) =>
      new Promise((resolve) => {
        const call = client.makeUnaryRequest(
          method,
          asItIs,
          asItIs,
          body,
          metadata,
          { deadline: Date.now() + timeoutMs },
          (error, answer) => {
            aborted.removeEventListener('abort', cancel)
            resolve(error === null ? takenBy(answer ?? Buffer.alloc(0)) : deliveryOf(error))
          },
        )
        const cancel = (): void => call.cancel()
        aborted.addEventListener('abort', cancel, { once: true })
      }),
    close: () => client.close(),
  }
}

const takenBy = (answer: Buffer): Delivery => ({ verdict: 'taken', ...partialSuccessOf(answer, 'protobuf') })

function deliveryOf({ code, details, metadata }: ServiceError): Delivery {
  const [status] = metadata?.get('grpc-status-details-bin') ?? []
  const waitMs = status instanceof Buffer ? retryInfoMs(status) : undefined
  const verdict = grpcVerdict(code, waitMs !== undefined)
  const reason = oneLine(`${codes[code] ?? code}: ${details}`)
  return verdict === 'taken' ? { verdict, spansRejected: 0, message: '' } : { verdict, reason, waitMs }
}
