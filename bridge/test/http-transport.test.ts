// What would break: spans counted as delivered that the receiver rejected, refused ones sent for ever, or a receiver
// that is pressed while it asks for peace. Real HTTP and TLS.
import { createServer as createTlsServer } from 'node:https'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { readConfig } from '../src/config.ts'
import { openDelivery } from '../src/deliver/open-delivery.ts'
import { openHttpTransport } from '../src/deliver/http-transport.ts'
import type { EncodedBatch } from '../src/deliver/encoded-batch.ts'
import type { Outcome } from '../src/deliver/transport.ts'
import { Folder } from './bridge-process.ts'
import { requestOf } from './otlp-encode.ts'
import { partialSuccess, rpcStatus } from './proto-bytes.ts'
import { certificateFor } from './certificate.ts'
import { freePort, Receiver } from './receiver.ts'
import { spanNamed } from './steered-transport.ts'

const batch: EncodedBatch = {
  bytes: requestOf([spanNamed('a'), spanNamed('b'), spanNamed('c')]),
  spanCount: 3,
}

async function sendTo(url: string): Promise<Outcome> {
  const transport = await openHttpTransport(url)
  const outcome = await transport.send(batch)
  transport.close()
  return outcome
}

async function answeredWith(
  answer: Partial<Pick<Receiver, 'status' | 'headers' | 'body'>>,
): Promise<Outcome> {
  await using receiver = await Receiver.start()
  Object.assign(receiver, answer)
  // Awaited here: the receiver ends with this function.
  return await sendTo(`http://${receiver.endpoint}/v1/traces`)
}
const json = { 'content-type': 'application/json; charset=utf-8' }

afterEach(() => void vi.unstubAllEnvs())

test('200: taken; the request is OTLP protobuf from a named sender', async () => {
  await using receiver = await Receiver.start()
  expect(await sendTo(`http://${receiver.endpoint}/v1/traces`)).toEqual({
    kind: 'taken',
    rejectedSpans: 0,
    remark: '',
  })
  expect(receiver.spans.map((span) => span.name)).toEqual(['a', 'b', 'c'])
  expect(receiver.requests[0]).toMatchObject({
    url: '/v1/traces',
    headers: {
      'content-type': 'application/x-protobuf',
      'content-length': String(batch.bytes.length),
      'user-agent': expect.stringMatching(/^probespan-bridge\//),
    },
  })
})

test.each([
  ['protobuf', partialSuccess(2, 'too old'), {}, 2, 'too old'],
  [
    'JSON, with the number as text',
    '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}',
    json,
    2,
    'too old',
  ],
  ['JSON, with a number', '{"partialSuccess":{"rejectedSpans":1}}', json, 1, ''],
  ['more than were sent', partialSuccess(70, 'all\nof them'), {}, 3, 'all of them'],
  ['a warning alone', partialSuccess(0, 'deprecated'), {}, 0, 'deprecated'],
  ['empty JSON', '{}', json, 0, ''],
  ['a null', '{"partialSuccess":null}', json, 0, ''],
  ['JSON called protobuf', '{}', {}, 0, ''],
  ['no JSON', '<html>', json, 0, ''],
  ['a negative number', '{"partialSuccess":{"rejectedSpans":-1}}', json, 0, ''],
  ['bytes without sense', Buffer.from([0x0a, 0xff, 0xff]), {}, 0, ''],
  ['a megabyte', Buffer.alloc(1024 * 1024), {}, 0, ''],
])('partial success: %s', async (_, body, headers, rejectedSpans, remark) => {
  expect(await answeredWith({ body, headers })).toEqual({ kind: 'taken', rejectedSpans, remark })
})

test.each([400, 401, 403, 404, 405, 413, 415, 500, 501, 301, 308])('%i is final', async (status) => {
  expect(await answeredWith({ status })).toMatchObject({
    kind: 'refused',
    reason: expect.stringMatching(`^${status} `),
    code: String(status),
  })
})

test.each([
  ['protobuf', rpcStatus(16, 'the key\nis missing'), { 'content-type': 'application/x-protobuf' }],
  ['JSON', '{"code":16,"message":"the key is missing"}', json],
])('the receiver’s explanation in %s is passed on, in one line', async (_, body, headers) => {
  expect(await answeredWith({ status: 401, body, headers })).toEqual({
    kind: 'refused',
    reason: '401 Unauthorized: the key is missing',
    code: '401',
  })
})

test.each([429, 502, 503, 504])('%i may pass; Retry-After says when', async (status) => {
  expect(await answeredWith({ status })).toEqual({
    kind: 'away',
    reason: expect.stringMatching(`^${status} `),
    code: String(status),
  })
  const headers = { 'retry-after': '7' }
  expect(await answeredWith({ status, headers })).toMatchObject({ kind: 'away', retryAfterMs: 7000 })
})

test('nobody listens, or does not answer in time: away', async () => {
  expect(await sendTo(`http://127.0.0.1:${await freePort()}/v1/traces`)).toEqual({
    kind: 'away',
    reason: expect.stringContaining('ECONNREFUSED'),
    code: 'ECONNREFUSED',
  })
  expect(await sendTo('http://nowhere.invalid/v1/traces')).toMatchObject({ kind: 'away' })
  vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '100')
  expect(await answeredWith({ status: 0 })).toMatchObject({ kind: 'away', reason: 'no answer within 100 ms' })
})

/** Talks HTTP by hand: `answer` is given each connection on which a request has come. */
async function withServer(
  answer: (socket: Socket, connection: number) => void,
): Promise<[string, () => void]> {
  let connections = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const connection = (connections += 1)
    sockets.add(socket.on('error', () => undefined))
    socket.on('data', () => answer(socket, connection))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = (): void => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return [`http://127.0.0.1:${port}/v1/traces`, close]
}

test('a trickle of an answer does not outlast the timeout', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '300')
  const [url, close] = await withServer((socket) => {
    const trickle = setInterval(() => socket.write('HTTP/1.1 200 OK\r\n'.slice(0, 1)), 20)
    socket.on('close', () => clearInterval(trickle))
  })
  expect(await sendTo(url)).toMatchObject({ kind: 'away' })
  close()
})

test('an answer that breaks off after its status counts by its status', async () => {
  const [url, close] = await withServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => socket.destroy())
  })
  expect(await sendTo(url)).toEqual({ kind: 'taken', rejectedSpans: 0, remark: '' })
  close()
})

test('a kept connection that the receiver closed meanwhile is no failure: sent on a new one', async () => {
  const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'
  let requests = 0
  const [url, close] = await withServer((socket, connection) => {
    requests += 1
    // Reset instead of an answer, as by a load balancer that has forgotten the connection.
    if (connection === 1 && requests > 1) socket.resetAndDestroy()
    else socket.write(ok)
  })
  const transport = await openHttpTransport(url)
  expect((await transport.send(batch)).kind).toBe('taken')
  expect((await transport.send(batch)).kind).toBe('taken')
  expect(requests).toBe(3)
  transport.close()
  close()
})

test('headers, those for traces first, and compression come from the variables', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'X-API-Key=general,X-Other=1')
  vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'X-API-Key=traces')
  vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_COMPRESSION', 'gzip')
  await using receiver = await Receiver.start()
  await sendTo(`http://${receiver.endpoint}/v1/traces`)
  expect(receiver.requests[0]?.headers).toMatchObject({
    'x-api-key': 'traces',
    'x-other': '1',
    'content-encoding': 'gzip',
  })
  expect(receiver.spans).toHaveLength(3)
})

test('a header that cannot be sent is told at the start, without its value', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'X-API-Key=se%0Acret')
  await expect(openHttpTransport('http://127.0.0.1:1/')).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringMatching(/"x-api-key".*cannot be sent/i),
  })
  await expect(openHttpTransport('http://127.0.0.1:1/')).rejects.not.toThrow(/cret/)
})

test('https: a certificate that is not trusted may be tomorrow, and OTEL_EXPORTER_OTLP_CERTIFICATE trusts it', async () => {
  using folder = new Folder()
  const certificate = certificateFor('IP:127.0.0.1', folder.path)
  const server = createTlsServer(certificate, (request, response) => {
    request.resume().on('end', () => response.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`
  expect(await sendTo(url)).toMatchObject({ kind: 'away', reason: expect.stringMatching(/self.signed/) })
  vi.stubEnv('OTEL_EXPORTER_OTLP_CERTIFICATE', certificate.file)
  expect(await sendTo(url)).toMatchObject({ kind: 'taken' })
  server.closeAllConnections()
  server.close()
})

test('what the SDK’s code finds wrong with a variable is told; not that an endpoint has no scheme, which may be so', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', '127.0.0.1:4318')
  vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd')
  const warnings: string[] = []
  const config = readConfig({ ...process.env, PROBESPAN_PACK: 'demo', PROBESPAN_SPOOL: 'off' })
  const delivery = await openDelivery(config, {
    info: () => undefined,
    warn: (text) => void warnings.push(text),
  })
  await delivery.close(0)
  expect(warnings).toEqual([expect.stringMatching(/OTEL_EXPORTER_OTLP_COMPRESSION is invalid.*zstd/)])
})
