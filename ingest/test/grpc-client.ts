// Calls ingest over gRPC: by grpc-js as a real client would, and by bare HTTP/2 frames where a client would not do it.
import { connect, constants } from 'node:http2'
import type { IncomingHttpHeaders } from 'node:http2'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { Client, credentials, Metadata } from '@grpc/grpc-js'
import type { ChannelCredentials, ServiceError } from '@grpc/grpc-js'
import { onTestFinished } from 'vitest'
import { retryInfoType, rpcStatusType } from '../src/otlp/schema.ts'

export const methods = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
} as const

export type GrpcAnswer = { code: number; message: string; body: Buffer; retryAfterMs: number | undefined }
export type GrpcCall = { url: string; method?: string; metadata?: Record<string, string>; gzip?: boolean }

const asItIs = (bytes: Buffer): Buffer => bytes
const gzipAlgorithm = 2

/** One call of grpc-js. */
export function grpcExport(
  { url, method = methods.traces, metadata = {}, gzip = false }: GrpcCall,
  body: Buffer,
  channel: ChannelCredentials = credentials.createInsecure(),
): Promise<GrpcAnswer> {
  const client = new Client(new URL(url).host, channel, {
    'grpc.default_compression_algorithm': gzip ? gzipAlgorithm : 0,
    'grpc.max_send_message_length': -1,
    'grpc.use_local_subchannel_pool': 1,
  })
  const sent = new Metadata()
  for (const [key, value] of Object.entries(metadata)) sent.set(key, value)
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      method,
      asItIs,
      asItIs,
      body,
      sent,
      { deadline: Date.now() + 30_000 },
      (error, answer) => {
        client.close()
        resolve(
          error === null
            ? { code: 0, message: '', body: answer ?? Buffer.alloc(0), retryAfterMs: undefined }
            : failed(error),
        )
      },
    )
  })
}

function failed(error: ServiceError): GrpcAnswer {
  const [details] = error.metadata.get('grpc-status-details-bin')
  const retryAfterMs = details instanceof Buffer ? retryAfterOf(details) : undefined
  return { code: error.code, message: error.details, body: Buffer.alloc(0), retryAfterMs }
}

function retryAfterOf(details: Buffer): number {
  const status = rpcStatusType.decode(details).toJSON()
  const [info] = status['details'] as { typeUrl: string; value: string }[]
  if (info?.typeUrl !== 'type.googleapis.com/google.rpc.RetryInfo')
    throw new Error('the details are no RetryInfo')
  const { retryDelay } = retryInfoType.decode(Buffer.from(info.value, 'base64')).toJSON()
  return Number(retryDelay.seconds ?? 0) * 1_000 + Number(retryDelay.nanos ?? 0) / 1_000_000
}

export function framed(message: Buffer, compressed = 0): Buffer {
  const prefix = Buffer.from([compressed, 0, 0, 0, 0])
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

export const packed = {
  gzip: (body: Buffer) => gzipSync(body),
  zstd: (body: Buffer) => zstdCompressSync(body),
}

export type RawAnswer = { status: number; grpcStatus: number | undefined; message: string; resetCode: number }
export type RawCaller = (frames: Buffer, headers?: Record<string, string>) => Promise<RawAnswer>

/** Calls of whatever bytes over one connection, which ends with the test. */
export function rawCaller(url: string): RawCaller {
  // Of what this client may have waiting to be sent.
  const session = connect(url, { maxSessionMemory: 256 })
  onTestFinished(() => session.destroy())
  return (frames, headers = {}) =>
    new Promise((resolve, reject) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': methods.traces,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      })
      const seen: IncomingHttpHeaders = {}
      const keep = (more: IncomingHttpHeaders): void => void Object.assign(seen, more)
      stream.on('response', keep)
      stream.on('trailers', keep)
      stream.on('error', reject)
      stream.resume()
      stream.on('close', () => {
        const grpcStatus = seen['grpc-status']
        resolve({
          status: Number(seen[constants.HTTP2_HEADER_STATUS]),
          grpcStatus: grpcStatus === undefined ? undefined : Number(grpcStatus),
          message: decodeURIComponent(String(seen['grpc-message'] ?? '')),
          resetCode: stream.rstCode,
        })
      })
      stream.end(frames)
    })
}
