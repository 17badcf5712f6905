// A real OTLP/gRPC receiver of this machine: answers as told, and keeps the names and metadata of what it took.
import { Server, ServerCredentials, type Metadata, type ServerUnaryCall } from '@grpc/grpc-js'
import type { Certificate } from './certificate.ts'
import { decodeTraces } from './otlp-decode.ts'

export type GrpcFailure = { code: number; details: string; metadata?: Metadata }

const asItIs = (bytes: Buffer): Buffer => bytes
const service = {
  export: {
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  },
} as const

export class GrpcReceiver {
  readonly names: string[] = []
  readonly metadata: Metadata[] = []
  /** What the next calls are answered with; undefined: never. */
  answer: Buffer | GrpcFailure | undefined = Buffer.alloc(0)
  readonly url: string
  private readonly server: Server

  private constructor(server: Server, url: string) {
    this.server = server
    this.url = url
    server.addService(service, {
      export: (
        call: ServerUnaryCall<Buffer, Buffer>,
        done: (error: GrpcFailure | null, answer?: Buffer) => void,
      ) => {
        this.metadata.push(call.metadata)
        const { answer } = this
        if (answer === undefined) return
        if ('code' in answer) return done(answer)
        this.names.push(...decodeTraces(call.request).map((span) => span.name))
        done(null, answer)
      },
    })
  }

  /** On a free port if none is given; by TLS where there is a certificate. */
  static async start(port = 0, certificate?: Certificate): Promise<GrpcReceiver> {
    const server = new Server()
    const credentials = certificate
      ? ServerCredentials.createSsl(null, [{ private_key: certificate.key, cert_chain: certificate.cert }])
      : ServerCredentials.createInsecure()
    const bound = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    )
    return new GrpcReceiver(server, `${certificate ? 'https' : 'http'}://127.0.0.1:${bound}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.forceShutdown()
  }
}
