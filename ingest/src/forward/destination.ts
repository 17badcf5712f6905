// A destination of stored spans, as it is configured. Sizes are bytes.
import type { LagLimit, SpanChoice } from '../store/destination-store.ts'

export const protocols = ['http/protobuf', 'http/json', 'grpc'] as const
export const compressions = ['none', 'gzip'] as const

/** In PEM. */
export type DestinationTls = {
  /** Authorities to trust instead of the usual ones. */
  ca: Buffer | undefined
  /** To show to a destination that asks who is calling; both or none. */
  cert: Buffer | undefined
  key: Buffer | undefined
}

export type Destination = {
  /** Of its cursor in the store: it keeps its place when the rest changes. */
  name: string
  protocol: (typeof protocols)[number]
  /** HTTP: the whole URL. gRPC: scheme, host and port. */
  endpoint: string
  headers: Readonly<Record<string, string>>
  compression: (typeof compressions)[number]
  tls: DestinationTls
  batchSpansMax: number
  /** How often the store is looked at for new spans. */
  flushIntervalMs: number
  /** Of one request, from its first byte to the end of its answer. */
  timeoutMs: number
  choice: SpanChoice
  lagLimit: LagLimit
  /** Of refused spans that are set aside, as stored. */
  refusedBytesMax: number
}

/** Of a destination that says nothing else. */
export const usualDestination = {
  batchSpansMax: 1_000,
  flushIntervalMs: 5_000,
  timeoutMs: 30_000,
  refusedBytesMax: 64 * 2 ** 20,
} as const

export const usualTls: DestinationTls = { ca: undefined, cert: undefined, key: undefined }
export const everySpan: SpanChoice = { sources: undefined, services: undefined }
export const anyLag: LagLimit = { spans: undefined, bytes: undefined, ageMs: undefined }
