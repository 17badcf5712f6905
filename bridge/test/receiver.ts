// A real OTLP/HTTP receiver on a free port of this machine: answers as told, and keeps the spans of every request that
// it answered with 200, read by the wire format.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { decodeTraces, type DecodedSpan } from './otlp-decode.ts'

export class Receiver {
  readonly spans: DecodedSpan[] = []
  readonly requests: { url: string; headers: IncomingMessage['headers']; status: number }[] = []
  /** The status of the next answers; 0: no answer at all. */
  status = 200
  /** More of the next answers. */
  headers: Record<string, string> = { 'content-type': 'application/x-protobuf' }
  body: Buffer | string = ''
  private readonly server: Server

  private constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => this.answer(request, Buffer.concat(chunks), response))
    })
  }

  static async start(port = 0): Promise<Receiver> {
    const receiver = new Receiver()
    await new Promise<void>((resolve, reject) => {
      receiver.server.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
    return receiver
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** As it is often written: host and port. */
  get endpoint(): string {
    return `127.0.0.1:${this.port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private answer(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const { status } = this
    this.requests.push({ url: request.url ?? '', headers: request.headers, status })
    if (status === 0) return
    if (status === 200) {
      this.spans.push(
        ...decodeTraces(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body),
      )
    }
    response.writeHead(status, this.headers).end(this.body)
  }
}

/** A port on which nothing listens, for a receiver that comes later. */
export async function freePort(): Promise<number> {
  await using receiver = await Receiver.start()
  return receiver.port
}
