// What would break: a check that calls an endpoint sound by another request than the bridge sends, or says of one that
// is not only "does not answer". Real receivers: HTTP, gRPC, both by TLS.
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { status } from '@grpc/grpc-js'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { gatherEndpoint } from '../src/check/gather-endpoint.ts'
import { findingsText, type Finding } from '../src/check/finding.ts'
import { judgeEndpoint } from '../src/check/judge-endpoint.ts'
import type { Protocol } from '../src/deliver/settings.ts'
import { Folder } from './bridge-process.ts'
import { certificateFor, type Certificate } from './certificate.ts'
import { GrpcReceiver } from './grpc-receiver.ts'
import { freePort } from './receiver.ts'

const folder = new Folder()
let certificate: Certificate
let answer: { status: number; headers?: Record<string, string> } = { status: 200 }
const servers: Server[] = []
let grpc: GrpcReceiver
let grpcTls: GrpcReceiver
/** By what it speaks. */
const urls: Record<string, string> = {}

async function listen(server: Server): Promise<string> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

beforeAll(async () => {
  certificate = certificateFor('DNS:receiver.example', folder.path)
  const http = await listen(
    createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(answer.status, answer.headers).end())
    }),
  )
  const tls = await listen(
    createTlsServer(certificate, (request, response) => {
      request.resume().on('end', () => response.end())
    }),
  )
  grpc = await GrpcReceiver.start()
  grpcTls = await GrpcReceiver.start(0, certificate)
  Object.assign(urls, {
    http: `http://${http}`,
    'http, asked by TLS': `https://${http}`,
    tls: `https://${tls}`,
    'tls, asked without': `http://${tls}`,
    grpc: grpc.url,
    'grpc, asked by TLS': grpc.url.replace('http:', 'https:'),
    'grpc by tls': grpcTls.url,
    'grpc by tls, asked without': grpcTls.url.replace('https:', 'http:'),
    'a name that is none': 'http://nowhere.invalid:4317',
    nothing: `http://127.0.0.1:${await freePort()}`,
  })
})
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  await grpc[Symbol.asyncDispose]()
  await grpcTls[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})
afterEach(() => {
  vi.unstubAllEnvs()
  answer = { status: 200 }
  grpc.answer = Buffer.alloc(0)
})

async function check(protocol: Protocol, receiver: string): Promise<Finding[]> {
  const url = urls[receiver] ?? ''
  const tracesUrl = protocol === 'grpc' ? url : `${url}/v1/traces`
  return judgeEndpoint(await gatherEndpoint({ protocol, tracesUrl }, process.env))
}
const http = 'http/protobuf'

test.each([
  [http, 'http', 'ok', /takes spans, by http\/protobuf/],
  ['grpc', 'grpc', 'ok', /takes spans, by grpc/],
  [http, 'nothing', 'FIX', /does not answer \(ECONNREFUSED\).*start ingest/s],
  ['grpc', 'nothing', 'FIX', /does not answer \(ECONNREFUSED\).*start ingest/s],
  [http, 'a name that is none', 'FIX', /no such host.*correct the host name/s],
  ['grpc', 'a name that is none', 'FIX', /no such host.*correct the host name/s],
  [http, 'grpc', 'FIX', /perhaps by gRPC.*OTEL_EXPORTER_OTLP_PROTOCOL=grpc/s],
  ['grpc', 'http', 'FIX', /speaks no gRPC.*OTEL_EXPORTER_OTLP_PROTOCOL=http\/protobuf/s],
  ['grpc', 'tls', 'FIX', /speaks no gRPC/],
  [http, 'http, asked by TLS', 'FIX', /speaks no TLS.*http:\/\/ instead of https/s],
  ['grpc', 'grpc, asked by TLS', 'FIX', /speaks no TLS.*http:\/\/ instead of https/s],
  [http, 'tls, asked without', 'FIX', /perhaps it wants TLS.*https:\/\//s],
  ['grpc', 'grpc by tls, asked without', 'FIX', /perhaps it wants TLS.*https:\/\//s],
  [http, 'tls', 'FIX', /not trusted here.*OTEL_EXPORTER_OTLP_CERTIFICATE=FILE/s],
  ['grpc', 'grpc by tls', 'FIX', /not trusted here.*OTEL_EXPORTER_OTLP_CERTIFICATE=FILE/s],
] as const)('by %s to %s: %s', async (protocol, receiver, verdict, words) => {
  const [finding, ...more] = await check(protocol, receiver)
  expect([finding?.verdict, more]).toEqual([verdict, []])
  expect(findingsText(finding ? [finding] : [])).toMatch(words)
})

test.each([
  [http, 'tls'],
  ['grpc', 'grpc by tls'],
] as const)('by %s to %s whose certificate is trusted, and for another name', async (protocol, receiver) => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_CERTIFICATE', certificate.file)
  expect(findingsText(await check(protocol, receiver))).toMatch(/other names than this.*by a name that/s)
})

test.each([
  [202, undefined, 'ok', /takes spans/],
  [401, undefined, 'FIX', /wants a key \(401\).*give it: OTEL_EXPORTER_OTLP_HEADERS/s],
  [401, 'X-API-Key=k', 'FIX', /refuses the key in.*correct it/s],
  [403, 'X-API-Key=k', 'FIX', /refuses the key/],
  [404, undefined, 'FIX', /no OTLP receiver there.*correct --endpoint/s],
  [405, undefined, 'FIX', /no OTLP receiver there/],
  [415, undefined, 'FIX', /protobuf over HTTP/],
  [302, undefined, 'FIX', /redirect/],
  [429, undefined, 'FIX', /nothing at the moment/],
  [503, undefined, 'FIX', /nothing at the moment/],
  [400, undefined, 'note', /refuse that alone/],
])('HTTP status %d (headers: %s): %s', async (code, headers, verdict, words) => {
  if (headers !== undefined) vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', headers)
  answer = { status: code }
  const [finding] = await check(http, 'http')
  expect(finding?.verdict).toBe(verdict)
  expect(findingsText(finding ? [finding] : [])).toMatch(words)
})

test.each([
  ['UNAUTHENTICATED', undefined, 'FIX', /wants a key \(UNAUTHENTICATED\).*give it/s],
  ['PERMISSION_DENIED', 'x-api-key=k', 'FIX', /refuses the key/],
  ['UNIMPLEMENTED', undefined, 'FIX', /no OTLP receiver for traces.*4317/s],
  ['RESOURCE_EXHAUSTED', undefined, 'FIX', /nothing at the moment/],
  ['UNAVAILABLE', undefined, 'FIX', /does not answer \(UNAVAILABLE: because\)/],
  ['INVALID_ARGUMENT', undefined, 'note', /refuse that alone/],
] as const)('gRPC status %s (headers: %s): %s', async (name, headers, verdict, words) => {
  if (headers !== undefined) vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', headers)
  grpc.answer = { code: status[name], details: 'because' }
  const [finding] = await check('grpc', 'grpc')
  expect(finding?.verdict).toBe(verdict)
  expect(findingsText(finding ? [finding] : [])).toMatch(words)
})

test('no answer in time, by either; a variable that is wrong is a remark', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '200')
  grpc.answer = undefined
  expect(findingsText(await check('grpc', 'grpc'))).toMatch(/does not answer \(DEADLINE_EXCEEDED/)
  vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd')
  const findings = await check(http, 'http')
  expect(findings.map(({ verdict }) => verdict)).toEqual(['note', 'ok'])
  expect(findings[0]?.found).toMatch(/OTEL_EXPORTER_OTLP_COMPRESSION is invalid/)
})

test('a header that cannot be sent: what it is, not its value', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-api-key=sec%0Aret')
  const text = findingsText(await check(http, 'http'))
  expect(text).toMatch(/^FIX .*nothing can be sent.*the value of header "x-api-key"/s)
  expect(text).not.toMatch(/sec.?ret/s)
})
