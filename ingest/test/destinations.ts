// Destinations for tests: real servers of each protocol that can be away, throttle, hang, die and refuse, before a real
// ingest that gets what they take.
import { createServer } from 'node:http'
import type { Server as HttpServer, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { Metadata, Server, ServerCredentials, status as codes } from '@grpc/grpc-js'
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js'
import { onTestFinished } from 'vitest'
import type { Ingest } from '../src/index.ts'
import { protobufFromJson } from '../src/otlp/json.ts'
import { rpcStatusDetails } from '../src/receive/answer.ts'
import { grpcExport, methods } from './grpc-client.ts'

export type Behaviour =
  'take' | 'away' | 'throttle' | 'hang' | 'die' | 'refuse' | 'too-large' | 'forbid' | 'fail' | 'reject-one'

/** As protobuf, whatever was sent. */
export type Request = { body: Buffer; headers: Record<string, unknown>; atMs: number; behaviour: Behaviour }

export type Destination = {
  endpoint: string
  requests: Request[]
  /** Bodies that were taken. */
  taken: () => Buffer[]
}

/** `count` is of requests before; `body` is protobuf. */
export type Behave = (count: number, body: Buffer) => Behaviour
/** Gets what is taken, as it was sent. */
export type Behind = (raw: Buffer, headers: Record<string, string>) => Promise<void>

/** What it asks to wait when it throttles. */
export const throttleMs = 3_000
const nobody: Behind = async () => {}

const statuses: Readonly<Record<Exclude<Behaviour, 'take' | 'hang' | 'die' | 'reject-one'>, number>> = {
  away: 503,
  throttle: 429,
  refuse: 400,
  'too-large': 413,
  forbid: 403,
  fail: 500,
}

export async function httpDestination(behave: Behave, behind = nobody): Promise<Destination> {
  const requests: Request[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const raw = Buffer.concat(chunks)
      const body = protobufOf(raw, request.headers)
      const behaviour = behave(requests.length, body)
      requests.push({ body, headers: request.headers, atMs: performance.now(), behaviour })
      void answerHttp(response, behaviour, () => behind(raw, contentHeaders(request.headers)))
    })
  })
  await listening(server)
  const { port } = server.address() as AddressInfo
  return { endpoint: `http://127.0.0.1:${port}/v1/traces`, requests, taken: () => takenOf(requests) }
}

function protobufOf(raw: Buffer, headers: NodeJS.Dict<string | string[]>): Buffer {
  const plain = headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw
  return headers['content-type'] === 'application/json' ? protobufFromJson(plain.toString()).body : plain
}

function contentHeaders(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  const kept = ['content-type', 'content-encoding'].filter((name) => headers[name] !== undefined)
  return Object.fromEntries(kept.map((name) => [name, String(headers[name])]))
}

async function answerHttp(
  response: ServerResponse,
  behaviour: Behaviour,
  take: () => Promise<void>,
): Promise<void> {
  if (behaviour === 'hang') return
  if (behaviour === 'die' || behaviour === 'take' || behaviour === 'reject-one') await take()
  if (behaviour === 'die') response.socket?.destroy()
  else if (behaviour === 'take') response.writeHead(200).end()
  else if (behaviour === 'reject-one') {
    const partialSuccess = { rejectedSpans: '1', errorMessage: 'one is odd' }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ partialSuccess }))
  } else {
    const wait = behaviour === 'throttle' ? { 'retry-after': String(throttleMs / 1_000) } : {}
    response.writeHead(statuses[behaviour], wait).end(behaviour)
  }
}

async function listening(server: HttpServer): Promise<void> {
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
}

const grpcCodes: Readonly<Partial<Record<Behaviour, number>>> = {
  away: codes.UNAVAILABLE,
  throttle: codes.RESOURCE_EXHAUSTED,
  refuse: codes.INVALID_ARGUMENT,
  'too-large': codes.RESOURCE_EXHAUSTED,
  forbid: codes.PERMISSION_DENIED,
  fail: codes.INTERNAL,
}
const asItIs = (bytes: Buffer): Buffer => bytes

export async function grpcDestination(behave: Behave, behind = nobody): Promise<Destination> {
  const requests: Request[] = []
  let server: Server
  let port = 0
  const start = async (): Promise<void> => {
    server = new Server()
    server.addService(service, { Export: (call: Call, answer: Answer) => void exported(call, answer) })
    port = await new Promise((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    )
  }
  const exported = async ({ request: body, metadata }: Call, answer: Answer): Promise<void> => {
    const behaviour = behave(requests.length, body)
    requests.push({ body, headers: metadata.getMap(), atMs: performance.now(), behaviour })
    if (behaviour === 'hang') return
    const code = grpcCodes[behaviour]
    if (code === undefined) await behind(body, {})
    if (behaviour === 'die') {
      server.forceShutdown()
      await start()
    } else if (code === undefined) answer(null, Buffer.alloc(0))
    else answer({ code, details: behaviour, metadata: retryInfo(behaviour, code) })
  }
  await start()
  onTestFinished(() => server.forceShutdown())
  return { endpoint: `http://127.0.0.1:${port}`, requests, taken: () => takenOf(requests) }
}

type Call = ServerUnaryCall<Buffer, Buffer>
type Answer = sendUnaryData<Buffer>

const service = {
  Export: {
    path: methods.traces,
    requestStream: false,
    responseStream: false,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  },
}

function retryInfo(behaviour: Behaviour, code: number): Metadata {
  const metadata = new Metadata()
  if (behaviour === 'throttle')
    metadata.set('grpc-status-details-bin', rpcStatusDetails(code, behaviour, throttleMs))
  return metadata
}

/** One that dies has taken the spans, but not said so. */
const takenOf = (requests: readonly Request[]): Buffer[] =>
  requests.flatMap(({ behaviour, body }) =>
    behaviour === 'take' || behaviour === 'reject-one' ? [body] : [],
  )

export function behindHttp({ url }: Ingest): Behind {
  return async (raw, headers) => {
    const answer = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body: new Uint8Array(raw) })
    if (!answer.ok) throw new Error(`the ingest behind the destination answered ${answer.status}`)
  }
}

export function behindGrpc({ otlpGrpcUrl = '' }: Ingest): Behind {
  return async (raw) => {
    const { code, message } = await grpcExport({ url: otlpGrpcUrl }, raw)
    if (code !== 0) throw new Error(`the ingest behind the destination answered ${code}: ${message}`)
  }
}
